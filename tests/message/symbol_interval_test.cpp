// SPDX-License-Identifier: MIT
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/range_decoder.hpp>
#include <parsae/message/range_encoder.hpp>
#include <parsae/message/symbol_interval.hpp>

#include <support/catch.hpp>

#include <cmath>

namespace symbol_interval_test {

using namespace parsae;
using Catch::Matchers::WithinAbs;

TEST_CASE("a symbol costs the logarithm of its probability") {
  CHECK(SymbolInterval{.begin = 3, .size = 2, .total = 16}.bits() == 3);
  CHECK(SymbolInterval{.begin = 0, .size = 5, .total = 5}.bits() == 0);
  CHECK_THAT((SymbolInterval{.begin = 0, .size = 3, .total = 10}.bits()), WithinAbs(std::log2(10.0 / 3), 1e-15));
}

TEST_CASE("uniform values come back and cost their bits") {
  RangeEncoder encoder;
  BitMeter meter;
  for (int n_bits = 0; n_bits <= 32; ++n_bits) {
    const std::uint64_t largest = (std::uint64_t{1} << n_bits) - 1;
    for (const std::uint64_t value : {std::uint64_t{0}, largest / 3, largest}) {
      encode_uniform(encoder, value, n_bits);
      encode_uniform(meter, value, n_bits);
    }
  }
  CHECK(meter.bits() == 3 * 32 * 33 / 2);
  const Buffer<std::byte> bytes = encoder.finish();
  RangeDecoder decoder(bytes.slice());
  for (int n_bits = 0; n_bits <= 32; ++n_bits) {
    const std::uint64_t largest = (std::uint64_t{1} << n_bits) - 1;
    for (const std::uint64_t value : {std::uint64_t{0}, largest / 3, largest})
      CHECK(decode_uniform(decoder, n_bits) == value);
  }
}

}  // namespace symbol_interval_test
