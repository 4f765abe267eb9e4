// SPDX-License-Identifier: MIT
#include <parsae/sparse/screening_policy.hpp>

#include <support/catch.hpp>

#include <vector>

namespace screening_policy_test {

using namespace parsae;
using Way = ScreeningPolicy::Way;

namespace {

constexpr Index n_inputs = 768;
constexpr Index entries = 1000000;

/// What this build may do, the cheapest first; exact is always the last.
std::vector<Way> possible_ways() {
  std::vector<Way> ways;
  if (Int8Code::is_native) ways.push_back(Way::Int8);
  if (Bf16Code::is_native) ways.push_back(Way::Bf16);
  ways.push_back(Way::Exact);
  return ways;
}

/// One walk that leaves `survivors` and `rescored` behind.
Way walk(ScreeningPolicy& policy, Index survivors, Index rescored) {
  const Way way = policy.next(n_inputs);
  policy.observe(way, entries, n_inputs, 100, way == Way::Exact ? 0 : survivors, way == Way::Exact ? 0 : rescored);
  return way;
}

}  // namespace

TEST_CASE("the cheapest way that the machine has, as long as it leaves little") {
  ScreeningPolicy policy;
  for (int i = 0; i < 300; ++i) REQUIRE(walk(policy, 2000, 500) == possible_ways().front());
}

TEST_CASE("wide bounds: int8 gives way to bf16, bf16 to the exact walk") {
  for (const bool survive : {false, true}) {
    ScreeningPolicy policy;
    std::vector<Way> ways;
    const auto n_ways = possible_ways().size();
    for (std::size_t i = 0; i < n_ways; ++i) ways.push_back(walk(policy, entries, survive ? 0 : entries));
    CHECK(ways == possible_ways());
    for (std::size_t i = n_ways; i < 128; ++i) REQUIRE(walk(policy, entries, entries) == Way::Exact);
    CHECK(walk(policy, 0, 0) == possible_ways().front());  // the 129th: everything gets another chance
    CHECK(walk(policy, 0, 0) == possible_ways().front());
  }
}

TEST_CASE("entries that wait cost something, entries that are computed ten times as much") {
  // Between the products of two ways lies a quarter of the exact walk's time, or half of it.
  const Way stays = possible_ways().front();
  const Way moves = Int8Code::is_native ? (Bf16Code::is_native ? Way::Bf16 : Way::Int8) : Way::Exact;
  ScreeningPolicy few;
  walk(few, 30000, 0);
  CHECK(walk(few, 0, 0) == stays);
  ScreeningPolicy computed;
  walk(computed, 30000, 30000);
  CHECK(walk(computed, 0, 0) == moves);
  ScreeningPolicy many;
  walk(many, 320000, 0);
  CHECK(walk(many, 0, 0) == moves);
}

TEST_CASE(
    "bf16 is tried where a fifth of what int8 leaves over would make up for its products, and judged by its own") {
  if (!Int8Code::is_native || !Bf16Code::is_native) {
    WARN("skipped: this build has no low-precision products");
    SUCCEED();
    return;
  }
  ScreeningPolicy moderate;  // worse than the products of bf16 alone, better than those with what they would leave
  walk(moderate, 0, 26000);
  CHECK(walk(moderate, 0, 26000) == Way::Int8);
  ScreeningPolicy wide;
  walk(wide, 0, 40000);
  CHECK(walk(wide, 0, 10) == Way::Bf16);
  CHECK(walk(wide, 0, 39000) == Way::Bf16);
  CHECK(walk(wide, 0, 0) == Way::Int8);  // bf16 left over as much, and costs more
}

TEST_CASE("a single sample waits for the weights: bounds that do not pay in a batch pay then") {
  constexpr Index n_latents = 12288;
  for (const Index samples : {1, 2048}) {
    ScreeningPolicy policy;
    for (int i = 0; i < 3; ++i) {
      const Way way = policy.next(n_inputs);
      policy.observe(way, n_latents * samples, n_inputs, samples, 1500 * samples, 900 * samples);
    }
    CAPTURE(samples);
    CHECK(policy.next(n_inputs) == (samples == 1 ? possible_ways().front() : Way::Exact));
  }
  ScreeningPolicy cached;  // weights that the caches hold: nobody waits
  for (int i = 0; i < 3; ++i) {
    const Way way = cached.next(n_inputs);
    cached.observe(way, 2000, n_inputs, 1, 500, 500);
  }
  CHECK(cached.next(n_inputs) == Way::Exact);
}

TEST_CASE("a way is possible where the build has its instructions and the code its inputs") {
  CHECK(ScreeningPolicy::is_possible(Way::Int8, Int8Code::most_inputs) == Int8Code::is_native);
  CHECK(ScreeningPolicy::is_possible(Way::Bf16, Bf16Code::most_inputs) == Bf16Code::is_native);
  CHECK(!ScreeningPolicy::is_possible(Way::Int8, Int8Code::most_inputs + 1));
  CHECK(!ScreeningPolicy::is_possible(Way::Bf16, Bf16Code::most_inputs + 1));
  CHECK(ScreeningPolicy::is_possible(Way::Exact, 1000000000));
}

TEST_CASE("more inputs than a code allows are walked exactly, and no less is forgotten") {
  ScreeningPolicy policy;
  CHECK(policy.next(Int8Code::most_inputs) == possible_ways().front());
  CHECK(policy.next(std::max(Int8Code::most_inputs, Bf16Code::most_inputs) + 1) == Way::Exact);
  CHECK(policy.next(n_inputs) == possible_ways().front());
}

TEST_CASE("a walk of nothing changes no decision") {
  ScreeningPolicy policy;
  for (int i = 0; i < 3; ++i) {
    const Way way = policy.next(0);
    policy.observe(way, 0, 0, 0, 0, 0);
  }
  CHECK(policy.next(n_inputs) == possible_ways().front());
}

TEST_CASE("the report adds up what was observed") {
  ScreeningPolicy policy;
  policy.observe(Way::Int8, entries, n_inputs, 10, 100, 20);
  policy.observe(Way::Bf16, entries, n_inputs, 11, 200, 30);
  policy.observe(Way::Int8, entries, n_inputs, 12, 300, 40);
  policy.observe(Way::Exact, 0, 0, 0, 0, 0);
  const ScreeningReport& report = policy.report();
  CHECK(report.int8_walks == 2);
  CHECK(report.bf16_walks == 1);
  CHECK(report.exact_walks == 1);
  CHECK(report.samples == 33);
  CHECK(report.survivors == 600);
  CHECK(report.rescored == 90);
}

}  // namespace screening_policy_test
