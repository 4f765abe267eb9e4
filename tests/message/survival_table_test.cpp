// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/range_encoder.hpp>
#include <parsae/message/survival_table.hpp>

#include <support/close_to.hpp>

#include <cmath>
#include <vector>

namespace survival_table_test {

using namespace parsae;

namespace {

SurvivalTable table_of(const PresenceLevels& levels, const std::vector<std::uint32_t>& chosen) {
  SurvivalTable table;
  table.reserve(static_cast<Index>(chosen.size()));
  for (const std::uint32_t level : chosen) table.push_back(levels, level);
  table.finish();
  return table;
}

/// Levels of all kinds: rare, frequent, never, always.
std::vector<std::uint32_t> mixed_levels(const PresenceLevels& levels, std::size_t n) {
  const Random random(12);
  std::vector<std::uint32_t> chosen;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t kind = random.below(10, 2 * i);
    const std::uint64_t draw = random.below(levels.always() - 1, 2 * i + 1);
    chosen.push_back(kind == 0   ? 0
                     : kind == 1 ? levels.always()
                     : kind == 2 ? static_cast<std::uint32_t>(1 + draw)
                     : kind == 3 ? levels.always() - 1
                                 : static_cast<std::uint32_t>(1 + draw / 16));
  }
  return chosen;
}

/// Step by step through decisions that are yes where `is_yes`, as a coder walks.
template <class Use>
void walk(const SurvivalTable& table, const std::vector<bool>& is_yes, const Use& use) {
  for (Index at = 0; at < table.size();) {
    const Index end = table.group_end(at);
    REQUIRE(end > at);
    Index yes = at;
    while (yes < end && !is_yes[static_cast<std::size_t>(yes)]) ++yes;
    use(at, end, yes);
    at = yes < end ? yes + 1 : end;
  }
}

}  // namespace

TEST_CASE("decisions in a row cost what they cost one by one, and come back") {
  for (const int bits : {6, 12, 16}) {
    const PresenceLevels levels(bits);
    const auto chosen = mixed_levels(levels, 400);
    const SurvivalTable table = table_of(levels, chosen);
    REQUIRE(table.size() == 400);
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
      const Random random(13, stream);
      std::vector<bool> is_yes;
      double expected = 0;
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        const double p = levels.probability(chosen[i]);
        is_yes.push_back(random.uniform(i) < p);
        expected -= std::log2(is_yes.back() ? p : 1 - p);
      }
      RangeEncoder encoder;
      BitMeter meter;
      walk(table, is_yes, [&](Index at, Index end, Index yes) {
        CHECK(table.is_certain(at) == (chosen[static_cast<std::size_t>(at)] == levels.always()));
        if (table.is_certain(at)) return;
        const SymbolInterval symbol = yes < end ? table.yes_at(at, yes) : table.none_before(at, end);
        if (symbol.size == symbol.total) return;  // the decoder knows
        encoder.encode(symbol);
        meter.encode(symbol);
      });
      CHECK_THAT(meter.bits(), test::close_to(expected, 1e-3));
      const Buffer<std::byte> bytes = encoder.finish();
      RangeDecoder decoder(bytes.slice());
      Index n_wrong = 0;
      walk(table, is_yes, [&](Index at, Index end, Index yes) {
        if (!table.is_certain(at)) n_wrong += table.decode(decoder, at, end) != yes;
      });
      CHECK(n_wrong == 0);
    }
  }
}

TEST_CASE("a step may end before its group and go on there") {
  const PresenceLevels levels(12);
  const SurvivalTable table = table_of(levels, {300, 0, 200, 0, 100});
  REQUIRE(table.group_end(0) == 5);
  const double stay = std::log2((1 - levels.probability(300)) * (1 - levels.probability(200)));
  CHECK_THAT(table.none_before(0, 3).bits(), test::close_to(-stay, 1e-6));
  CHECK(table.none_before(1, 2).size == table.none_before(1, 2).total);
  CHECK(table.yes_at(1, 3).size == 0);
  CHECK_THAT(table.yes_at(3, 4).bits(), test::close_to(-std::log2(levels.probability(100)), 1e-6));
}

TEST_CASE("groups are few: about as many as are active") {
  const PresenceLevels levels(12);
  const std::vector<std::uint32_t> rare(10'000, levels.nearest(1, 1000));  // ten active in a sample
  const SurvivalTable table = table_of(levels, rare);
  Index n_groups = 0;
  for (Index at = 0; at < table.size(); at = table.group_end(at)) ++n_groups;
  CHECK(n_groups <= 10);
  CHECK(n_groups >= 5);
}

}  // namespace survival_table_test
