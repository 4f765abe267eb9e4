// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/adaptive_symbols.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/close_to.hpp>

#include <cmath>
#include <vector>

namespace adaptive_symbols_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Skewed: symbol s about half as often as s - 1.
Index skewed_symbol(const Random& random, std::uint64_t i, Index n_symbols) {
  Index symbol = 0;
  for (std::uint64_t bits = random.bits(i); symbol + 1 < n_symbols && (bits & 1) != 0; bits >>= 1) ++symbol;
  return symbol;
}

}  // namespace

TEST_CASE("adaptive symbols come back, at the price of the estimator of Krichevsky and Trofimov") {
  for (const Index n_symbols : {1, 2, 3, 7, 16, 300}) {
    const Random random(8, static_cast<std::uint64_t>(n_symbols));
    std::vector<Index> symbols;
    for (std::uint64_t i = 0; i < 3000; ++i) symbols.push_back(skewed_symbol(random, i, n_symbols));
    symbols.push_back(n_symbols - 1);
    RangeEncoder encoder;
    BitMeter meter;
    AdaptiveSymbols writing(n_symbols);
    AdaptiveSymbols measuring(n_symbols);
    std::vector<double> counts(static_cast<std::size_t>(n_symbols), 0.0);
    double expected = 0;
    double so_far = 0;
    for (const Index symbol : symbols) {
      writing.encode(encoder, symbol);
      measuring.encode(meter, symbol);
      double& count = counts[static_cast<std::size_t>(symbol)];
      expected -= std::log2((count + 0.5) / (so_far + 0.5 * static_cast<double>(n_symbols)));
      ++count;
      ++so_far;
    }
    CHECK_THAT(meter.bits(), test::close_to(expected, 1e-9));
    const Buffer<std::byte> bytes = encoder.finish();
    CHECK(std::abs(8 * static_cast<double>(bytes.size()) - expected) < 64);
    RangeDecoder decoder(bytes.slice());
    AdaptiveSymbols reading(n_symbols);
    Index n_wrong = 0;
    for (const Index symbol : symbols) n_wrong += reading.decode(decoder) != symbol;
    CHECK(n_wrong == 0);
  }
}

TEST_CASE("numbers of symbols out of range are refused") {
  CHECK_THROWS_WITH(AdaptiveSymbols(0), ContainsSubstring("AdaptiveSymbols n_symbols"));
  CHECK_THROWS_WITH(AdaptiveSymbols((Index{1} << 24) + 1), ContainsSubstring("AdaptiveSymbols n_symbols"));
}

}  // namespace adaptive_symbols_test
