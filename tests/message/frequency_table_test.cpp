// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/frequency_table.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/catch.hpp>

#include <initializer_list>

namespace frequency_table_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

Buffer<std::uint32_t> frequencies_of(std::initializer_list<std::int64_t> counts, int precision) {
  Buffer<std::int64_t> copy;
  for (const std::int64_t count : counts) copy.push_back(count);
  Buffer<std::uint32_t> frequencies;
  append_frequencies(copy.slice(), precision, frequencies);
  return frequencies;
}

Buffer<std::uint32_t> numbers(std::initializer_list<std::uint32_t> values) {
  Buffer<std::uint32_t> result;
  for (const std::uint32_t value : values) result.push_back(value);
  return result;
}

}  // namespace

TEST_CASE("few counts are their own frequencies, many are scaled and none that was counted is lost") {
  CHECK(frequencies_of({3, 0, 5}, 3) == numbers({3, 0, 5}));
  CHECK(frequencies_of({30, 0, 50}, 3) == numbers({3, 0, 5}));
  CHECK(frequencies_of({1, 0, 1'000'000}, 8) == numbers({1, 0, 256}));
  CHECK(frequencies_of({std::int64_t{1} << 50, 0, 1}, 24) == numbers({1u << 24, 0, 1}));
  CHECK(frequencies_of({7}, 1) == numbers({2}));
}

TEST_CASE("symbols come back from a table, those without frequency never appear") {
  const FrequencyTable table(numbers({5, 0, 1, 1000, 0, 0, 7, 0}).slice());
  CHECK(table.n_symbols() == 8);
  CHECK(table.total() == 1013);
  CHECK(table.interval(1).size == 0);
  CHECK(table.interval(3).begin == 6);
  const Random random(6);
  Buffer<Index> symbols;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const Index symbol = static_cast<Index>(random.below(8, i));
    if (table.interval(symbol).size > 0) symbols.push_back(symbol);
  }
  RangeEncoder encoder;
  for (const Index symbol : symbols) encoder.encode(table.interval(symbol));
  const Buffer<std::byte> bytes = encoder.finish();
  RangeDecoder decoder(bytes.slice());
  Index n_wrong = 0;
  for (const Index symbol : symbols) n_wrong += table.decode(decoder) != symbol;
  CHECK(n_wrong == 0);
  for (int i = 0; i < 10'000; ++i) n_wrong += table.interval(table.decode(decoder)).size == 0;  // behind the end
  CHECK(n_wrong == 0);
}

TEST_CASE("tables that no symbol can use are refused") {
  CHECK_THROWS_WITH(FrequencyTable(numbers({}).slice()), ContainsSubstring("FrequencyTable symbols"));
  CHECK_THROWS_WITH(FrequencyTable(numbers({0, 0}).slice()), ContainsSubstring("FrequencyTable total"));
  CHECK_THROWS_WITH(FrequencyTable(numbers({0xffffffffu, 2}).slice()), ContainsSubstring("FrequencyTable total"));
  CHECK(FrequencyTable(numbers({0xffffffffu, 1}).slice()).total() == SymbolInterval::largest_total);
}

}  // namespace frequency_table_test
