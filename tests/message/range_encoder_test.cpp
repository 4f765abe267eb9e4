// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/range_decoder.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/catch.hpp>

#include <vector>

namespace range_encoder_test {

using namespace parsae;

namespace {

using Symbols = std::vector<SymbolInterval>;

Buffer<std::byte> encoded(const Symbols& symbols) {
  RangeEncoder encoder;
  for (const SymbolInterval& symbol : symbols) encoder.encode(symbol);
  return encoder.finish();
}

/// Bytes of the symbols, after a check that they come back and take what they cost.
Index checked_bytes(const Symbols& symbols) {
  const Buffer<std::byte> bytes = encoded(symbols);
  RangeDecoder decoder(bytes.slice());
  BitMeter meter;
  std::size_t n_wrong = 0;
  for (const SymbolInterval& symbol : symbols) {
    const std::uint64_t part = decoder.part_of(symbol.total);
    n_wrong += part < symbol.begin || part >= symbol.begin + symbol.size;
    decoder.take(symbol);
    meter.encode(symbol);
  }
  CHECK(n_wrong == 0);
  CHECK_FALSE(decoder.is_overrun());
  const double bits = 8 * static_cast<double>(bytes.size());
  CHECK(bits < meter.bits() * (1 + 1e-6) + 64);
  CHECK(bits > meter.bits() * (1 - 1e-6) - 64);
  return bytes.size();
}

SymbolInterval random_interval(const Random& random, std::uint64_t i, std::uint64_t largest_total) {
  const std::uint64_t total = 1 + random.below(largest_total, 3 * i);
  const std::uint64_t begin = random.below(total, 3 * i + 1);
  return {.begin = begin, .size = 1 + random.below(total - begin, 3 * i + 2), .total = total};
}

}  // namespace

TEST_CASE("no symbols are no bytes, and certain ones neither") {
  CHECK(encoded({}).empty());
  CHECK(encoded(Symbols(1000, SymbolInterval{.begin = 0, .size = 9, .total = 9})).empty());
}

TEST_CASE("random symbols of all totals come back, at their price") {
  for (const std::uint64_t largest_total :
       {std::uint64_t{2}, std::uint64_t{255}, std::uint64_t{65537}, SymbolInterval::largest_total}) {
    for (const std::size_t n : {1u, 2u, 3u, 10u, 100u, 20'000u}) {
      const Random random(1, largest_total + n);
      Symbols symbols;
      for (std::size_t i = 0; i < n; ++i) symbols.push_back(random_interval(random, i, largest_total));
      checked_bytes(symbols);
    }
  }
}

TEST_CASE("the ends of the interval: always the first symbol, always the last, always the rarest") {
  const std::uint64_t total = SymbolInterval::largest_total;
  CHECK(checked_bytes(Symbols(3000, SymbolInterval{.begin = 0, .size = 1, .total = total})) <= 3000 * 4 + 8);
  CHECK(checked_bytes(Symbols(3000, SymbolInterval{.begin = total - 1, .size = 1, .total = total})) <= 3000 * 4 + 8);
  CHECK(checked_bytes(Symbols(100'000, SymbolInterval{.begin = 0, .size = total - 1, .total = total})) <= 8);
  CHECK(checked_bytes(Symbols(100'000, SymbolInterval{.begin = 1, .size = total - 1, .total = total})) <= 9);
}

TEST_CASE("a carry runs back over bytes of 0xff that have left long ago") {
  // The message creeps up to 0xff ff ff ... and the last symbol of each stream pushes it over or leaves it below.
  for (int n_bytes = 1; n_bytes <= 40; ++n_bytes) {
    for (const std::uint64_t last : {0u, 1u, 128u, 254u, 255u}) {
      Symbols symbols;
      symbols.push_back({.begin = 1, .size = 1, .total = 3});  // 0x5555... + 0xaaaa... of its third reaches 0xffff...
      for (int i = 0; i < n_bytes; ++i) symbols.push_back({.begin = 1, .size = 1, .total = 2});
      for (int i = 0; i < n_bytes; ++i) symbols.push_back({.begin = 255, .size = 1, .total = 256});
      symbols.push_back({.begin = last, .size = 1, .total = 256});
      symbols.push_back({.begin = 2, .size = 1, .total = 3});
      checked_bytes(symbols);
    }
  }
  // Every third, near-certain symbol adds to low without narrowing the range: carries of all lengths.
  const Random random(3);
  Symbols symbols;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    const bool is_rare = random.uniform(i) < 0.01;
    symbols.push_back({.begin = is_rare ? 0u : 1u, .size = is_rare ? 1u : 99u, .total = 100});
  }
  checked_bytes(symbols);
}

TEST_CASE("long streams are within 0.1 % of their entropy") {
  const double weights[] = {0.9, 0.05, 0.03, 0.015, 0.005};
  const std::uint64_t begins[] = {0, 900, 950, 980, 995, 1000};
  const Random random(4);
  Symbols symbols;
  double entropy = 0;
  for (const double weight : weights) entropy -= weight * std::log2(weight);
  double counts[5] = {};
  constexpr std::size_t n = 200'000;
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t draw = random.below(1000, i);
    int s = 0;
    while (draw >= begins[s + 1]) ++s;
    ++counts[s];
    symbols.push_back({.begin = begins[s], .size = begins[s + 1] - begins[s], .total = 1000});
  }
  double bits = 0;
  for (int s = 0; s < 5; ++s) bits -= counts[s] * std::log2(weights[s]);
  const double written = 8 * static_cast<double>(checked_bytes(symbols));
  CHECK(written < bits * 1.001);
  CHECK(written > bits * 0.999);
  CHECK(bits / n < 1.05 * entropy);
}

TEST_CASE("an encoder begins anew after finish, and the same symbols have the same bytes") {
  const Symbols symbols = {{.begin = 3, .size = 2, .total = 10}, {.begin = 7, .size = 1, .total = 8}};
  RangeEncoder encoder;
  for (const SymbolInterval& symbol : symbols) encoder.encode(symbol);
  const Buffer<std::byte> first = encoder.finish();
  for (const SymbolInterval& symbol : symbols) encoder.encode(symbol);
  CHECK(encoder.finish() == first);
  // low = 0.3 + 0.2 * 7/8 = 0.475, range 0.025: 0x7a / 256 = 0.4765... is the first byte inside.
  REQUIRE(first.size() == 1);
  CHECK(first[0] == std::byte{0x7a});
}

}  // namespace range_encoder_test
