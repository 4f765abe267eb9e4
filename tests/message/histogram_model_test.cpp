// SPDX-License-Identifier: MIT
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/histogram_model.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/catch.hpp>

namespace histogram_model_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A hump of frequencies up to 256 in a quarter of the bins, nothing elsewhere.
Buffer<std::uint32_t> hump(Index n_bins, Index shift) {
  Buffer<std::uint32_t> frequencies(n_bins, 0);
  for (Index bin = 0; bin < n_bins / 4; ++bin) {
    const Index from_end = std::min(bin + 1, n_bins / 4 - bin);
    frequencies[(bin + shift) % n_bins] = static_cast<std::uint32_t>(std::min<Index>(256, from_end * from_end));
  }
  return frequencies;
}

}  // namespace

TEST_CASE("histograms come back, and smooth ones cost less than their digits") {
  constexpr Index n_bins = 64;
  RangeEncoder encoder;
  BitMeter meter;
  HistogramModel writing(8);
  HistogramModel measuring(8);
  for (Index shift = 0; shift < 50; ++shift) {
    writing.encode(encoder, hump(n_bins, shift).slice());
    measuring.encode(meter, hump(n_bins, shift).slice());
  }
  const Buffer<std::byte> bytes = encoder.finish();
  RangeDecoder decoder(bytes.slice());
  HistogramModel reading(8);
  Index n_wrong = 0;
  for (Index shift = 0; shift < 50; ++shift) {
    Buffer<std::uint32_t> frequencies;
    reading.decode(decoder, n_bins, frequencies);
    n_wrong += !(frequencies == hump(n_bins, shift));
  }
  CHECK(n_wrong == 0);
  CHECK(meter.bits() < 50 * n_bins * 8 / 4);
  CHECK(meter.bits() > 0);
}

TEST_CASE("precisions out of range are refused") {
  CHECK_THROWS_WITH(HistogramModel(0), ContainsSubstring("HistogramModel precision"));
  CHECK_THROWS_WITH(HistogramModel(25), ContainsSubstring("HistogramModel precision"));
}

}  // namespace histogram_model_test
