// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/adaptive_bit.hpp>
#include <parsae/message/adaptive_symbols.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/close_to.hpp>

#include <cmath>

namespace adaptive_bit_test {

using namespace parsae;

TEST_CASE("adaptive bits come back, as two adaptive symbols do, near their entropy") {
  for (const double p : {0.0, 0.01, 0.5, 0.97, 1.0}) {
    constexpr std::uint64_t n = 20'000;
    const Random random(9);
    RangeEncoder encoder;
    RangeEncoder symbol_encoder;
    BitMeter meter;
    AdaptiveBit writing;
    AdaptiveBit measuring;
    AdaptiveSymbols symbols(2);
    double n_set = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      const bool is_set = random.uniform(i) < p;
      n_set += is_set;
      writing.encode(encoder, is_set);
      measuring.encode(meter, is_set);
      symbols.encode(symbol_encoder, is_set);
    }
    const Buffer<std::byte> bytes = encoder.finish();
    CHECK(bytes == symbol_encoder.finish());
    const double share = n_set / n;
    const double entropy =
        share == 0 || share == 1 ? 0 : -share * std::log2(share) - (1 - share) * std::log2(1 - share);
    CHECK(meter.bits() > n * entropy);
    CHECK(meter.bits() < n * entropy + 0.5 * std::log2(static_cast<double>(n)) + 1.1);  // the estimator's bound
    CHECK(std::abs(8 * static_cast<double>(bytes.size()) - meter.bits()) < 64);
    RangeDecoder decoder(bytes.slice());
    AdaptiveBit reading;
    int n_wrong = 0;
    for (std::uint64_t i = 0; i < n; ++i) n_wrong += reading.decode(decoder) != (random.uniform(i) < p);
    CHECK(n_wrong == 0);
  }
}

}  // namespace adaptive_bit_test
