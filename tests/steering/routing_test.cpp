// SPDX-License-Identifier: MIT
#include <parsae/steering/routing.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <numeric>
#include <vector>

namespace routing_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

constexpr Index n_experts = 12;
constexpr Index n_tokens = 40;

/// A token's choice, room included.
struct Choice {
  std::vector<ChosenUnit<double>> units;

  [[nodiscard]] double weight_sum() const {
    double sum = 0;
    for (const auto& one : units) sum += one.weight;
    return sum;
  }
  [[nodiscard]] const ChosenUnit<double>* find(Index unit) const {
    for (const auto& one : units)
      if (one.unit == unit) return &one;
    return nullptr;
  }
  friend bool operator==(const Choice& a, const Choice& b) {
    return std::equal(a.units.begin(), a.units.end(), b.units.begin(), b.units.end(), [](const auto& x, const auto& y) {
      return x.unit == y.unit && x.score == y.score && x.weight == y.weight;
    });
  }
};

struct Router {
  Matrix<double> scores = 1 / (1 + (-test::random_matrix<double>(n_experts, n_tokens, 1).array()).exp());
  Vector<double> bias = 0.1 * test::random_matrix<double>(n_experts, 1, 2).col(0);
  Routing routing{{.k = 4, .scale = 2.5}};

  [[nodiscard]] Choice choose(Index token, const Intervention& intervention) const {
    routing.require_choice(intervention.treatments());
    Choice choice;
    choice.units.resize(static_cast<std::size_t>(routing.settings().k));
    const Index count = routing.choose<double>({scores.col(token).data(), n_experts}, {bias.data(), n_experts},
                                               intervention.treatments(), intervention.settings(),
                                               {choice.units.data(), static_cast<Index>(choice.units.size())});
    choice.units.resize(static_cast<std::size_t>(count));
    return choice;
  }
};

/// The definition: sort all, take k, divide by their sum.
Choice plain_choice(const Router& router, Index token, const std::vector<Index>& allowed) {
  std::vector<Index> order = allowed;
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return router.scores(a, token) + router.bias[a] > router.scores(b, token) + router.bias[b];
  });
  order.resize(std::min(order.size(), static_cast<std::size_t>(router.routing.settings().k)));
  std::sort(order.begin(), order.end());
  double sum = 0;
  for (const Index unit : order) sum += router.scores(unit, token);
  Choice choice;
  for (const Index unit : order)
    choice.units.push_back({unit, router.scores(unit, token), router.scores(unit, token) * (2.5 / sum)});
  return choice;
}

std::vector<Index> all_experts() {
  std::vector<Index> units(n_experts);
  std::iota(units.begin(), units.end(), Index{0});
  return units;
}

}  // namespace

TEST_CASE("an empty intervention is none, to the bit, under either policy") {
  const Router router;
  const Intervention zero(n_experts);
  const Intervention mask(n_experts, {.policy = SuppressionPolicy::MaskLogit, .stimulation = 1});
  for (Index token = 0; token < n_tokens; ++token) {
    const Choice expected = plain_choice(router, token, all_experts());
    CHECK(router.choose(token, zero) == expected);
    CHECK(router.choose(token, mask) == expected);
  }
}

TEST_CASE("zero weight: the chosen stay, and the others' weights add up to the scale") {
  const Router router;
  Intervention intervention(n_experts);
  intervention.suppress({1, 4, 7});
  Index touched = 0;
  for (Index token = 0; token < n_tokens; ++token) {
    const Choice before = plain_choice(router, token, all_experts());
    const Choice after = router.choose(token, intervention);
    REQUIRE(after.units.size() == before.units.size());
    double kept = 0;
    for (const auto& one : before.units)
      if (intervention[one.unit] == Treatment::None) kept += one.weight;
    for (std::size_t e = 0; e < after.units.size(); ++e) {
      CHECK(after.units[e].unit == before.units[e].unit);
      const bool is_off = intervention[after.units[e].unit] == Treatment::Suppress;
      touched += is_off;
      CHECK_THAT(after.units[e].weight, WithinAbs(is_off ? 0 : before.units[e].weight * 2.5 / kept, 1e-12));
    }
    CHECK_THAT(after.weight_sum(), WithinAbs(2.5, 1e-12));
  }
  CHECK(touched > 10);
}

TEST_CASE("half a suppression takes half of the score") {
  const Router router;
  Intervention intervention(n_experts, {.suppression = 0.5});
  intervention.suppress(all_experts());
  for (Index token = 0; token < n_tokens; ++token) {
    const Choice before = plain_choice(router, token, all_experts());
    const Choice after = router.choose(token, intervention);  // all alike: normalization gives everything back
    for (std::size_t e = 0; e < 4; ++e) CHECK_THAT(after.units[e].weight, WithinAbs(before.units[e].weight, 1e-12));
  }
  Intervention one(n_experts, {.suppression = 0.5});
  one.suppress(plain_choice(router, 0, all_experts()).units[2].unit);
  const Choice after = router.choose(0, one);
  const double ratio = after.units[2].weight / after.units[0].weight;
  CHECK_THAT(ratio, WithinAbs(0.5 * after.units[2].score / after.units[0].score, 1e-12));
}

TEST_CASE("all suppressed leaves no weight and no NaN") {
  const Router router;
  for (const SuppressionPolicy policy : {SuppressionPolicy::ZeroWeight, SuppressionPolicy::MaskLogit}) {
    Intervention intervention(n_experts, {.policy = policy});
    intervention.suppress(all_experts());
    for (Index token = 0; token < n_tokens; ++token) {
      const Choice choice = router.choose(token, intervention);
      CHECK(choice.units.size() == (policy == SuppressionPolicy::ZeroWeight ? 4 : 0));
      for (const auto& one : choice.units) CHECK(one.weight == 0);
    }
  }
}

TEST_CASE("a mask lets the next best in: exactly k others while there are as many") {
  const Router router;
  Intervention intervention(n_experts, {.policy = SuppressionPolicy::MaskLogit});
  std::vector<Index> allowed = all_experts();
  while (!allowed.empty()) {
    for (Index token = 0; token < n_tokens; ++token) {
      const Choice choice = router.choose(token, intervention);
      CHECK(choice == plain_choice(router, token, allowed));
      CHECK(choice.units.size() == std::min(allowed.size(), std::size_t{4}));
    }
    const auto next = allowed.begin() + static_cast<std::ptrdiff_t>(allowed.size() / 2);
    intervention.suppress(*next);
    allowed.erase(next);
  }
}

TEST_CASE("stimulated experts are in every token's set, in place of the lowest") {
  const Router router;
  for (const double share : {0.0, 0.5, 1.0}) {
    Intervention intervention(n_experts, {.stimulation = share});
    intervention.stimulate({2, 9});
    for (Index token = 0; token < n_tokens; ++token) {
      const Choice choice = router.choose(token, intervention);
      REQUIRE(choice.units.size() == 4);
      std::vector<Index> others = all_experts();
      std::erase(others, Index{2});
      std::erase(others, Index{9});
      std::stable_sort(others.begin(), others.end(), [&](Index a, Index b) {
        return router.scores(a, token) + router.bias[a] > router.scores(b, token) + router.bias[b];
      });
      CHECK(choice.find(others[0]) != nullptr);
      CHECK(choice.find(others[1]) != nullptr);
      double largest = 0;
      for (const auto& one : choice.units) largest = std::max(largest, one.score);
      for (const Index forced : {2, 9}) {
        REQUIRE(choice.find(forced) != nullptr);
        const double own = router.scores(forced, token);
        const auto& free = *choice.find(others[0]);
        CHECK_THAT(choice.find(forced)->weight / free.weight,
                   WithinAbs((own + share * (largest - own)) / free.score, 1e-12));
      }
      CHECK_THAT(choice.weight_sum(), WithinAbs(2.5, 1e-12));
    }
  }
}

TEST_CASE("more stimulated than a token may choose is an error") {
  Router router;
  Intervention intervention(n_experts);
  intervention.stimulate({0, 1, 2, 3});
  const Choice choice = router.choose(0, intervention);
  for (Index unit = 0; unit < 4; ++unit) CHECK(choice.units[static_cast<std::size_t>(unit)].unit == unit);
  intervention.stimulate(4);
  CHECK_THROWS_WITH(router.choose(0, intervention),
                    ContainsSubstring("Routing stimulated experts: expected at most 4 in one layer, got 5"));
}

TEST_CASE("only experts of the best groups take part, without those that are masked, and forced ones") {
  Router router;
  router.routing = Routing({.k = 4, .scale = 2.5, .n_groups = 4, .kept_groups = 2});
  Intervention mask(n_experts, {.policy = SuppressionPolicy::MaskLogit});
  if (GENERATE(false, true)) mask.suppress({1, 4, 8});
  Intervention forced(n_experts);
  forced.stimulate(0);
  for (Index token = 0; token < n_tokens; ++token) {
    std::vector<std::pair<double, Index>> groups;
    for (Index group = 0; group < 4; ++group) {
      std::vector<double> keys;
      for (Index unit = 3 * group; unit < 3 * group + 3; ++unit)
        if (mask[unit] == Treatment::None) keys.push_back(router.scores(unit, token) + router.bias[unit]);
      std::sort(keys.rbegin(), keys.rend());
      groups.emplace_back(-(keys[0] + keys[1]), group);
    }
    std::sort(groups.begin(), groups.end());
    std::vector<Index> allowed;
    for (std::size_t g = 0; g < 2; ++g)
      for (Index unit = 3 * groups[g].second; unit < 3 * groups[g].second + 3; ++unit)
        if (mask[unit] == Treatment::None) allowed.push_back(unit);
    std::sort(allowed.begin(), allowed.end());
    CHECK(router.choose(token, mask) == plain_choice(router, token, allowed));
    CHECK(router.choose(token, forced).find(0) != nullptr);
  }
}

TEST_CASE("groups of one expert are as good as it is") {
  Router router;
  router.routing = Routing({.k = 2, .scale = 2.5, .n_groups = n_experts, .kept_groups = 5});
  for (Index token = 0; token < n_tokens; ++token)
    CHECK(router.choose(token, Intervention(n_experts)) == plain_choice(router, token, all_experts()));
}

TEST_CASE("of equals the lower number is chosen, of experts and of groups") {
  Router router;
  router.scores.setConstant(0.5);
  router.bias.setZero();
  const Choice expected = plain_choice(router, 0, {0, 1, 2, 3});
  CHECK(router.choose(0, Intervention(n_experts)) == expected);
  router.routing = Routing({.k = 4, .scale = 2.5, .n_groups = 4, .kept_groups = 2});
  CHECK(router.choose(0, Intervention(n_experts)) == expected);
}

TEST_CASE("a rule that cannot choose is refused") {
  CHECK_THROWS_WITH(Routing({.k = 0}), ContainsSubstring("Routing k"));
  CHECK_THROWS_WITH(Routing({.scale = 0}), ContainsSubstring("Routing scale"));
  CHECK_THROWS_WITH(Routing({.n_groups = 2, .kept_groups = 3}), ContainsSubstring("Routing kept_groups"));
  const Intervention three(3);
  CHECK_THROWS_WITH(Routing({.k = 4}).require_choice(three.treatments()), ContainsSubstring("Routing experts"));
  const Intervention five(5);
  CHECK_THROWS_WITH(Routing({.k = 4, .n_groups = 2}).require_choice(five.treatments()),
                    ContainsSubstring("Routing n_groups: expected a divisor of 5 experts"));
  const Intervention twelve(12);
  CHECK_THROWS_WITH(Routing({.k = 4, .n_groups = 4, .kept_groups = 1}).require_choice(twelve.treatments()),
                    ContainsSubstring("Routing kept_groups"));
  CHECK_NOTHROW(Routing({.k = 3, .n_groups = 4, .kept_groups = 1}).require_choice(twelve.treatments()));
}

}  // namespace routing_test
