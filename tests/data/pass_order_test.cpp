// SPDX-License-Identifier: MIT
#include <parsae/data/pass_order.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace pass_order_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<Index> next_items(PassOrder& order, Index count) {
  std::vector<Index> items;
  for (Index i = 0; i < count; ++i) items.push_back(order.next());
  return items;
}

}  // namespace

TEST_CASE("every pass is a permutation of its own, drawn from seed and pass alone") {
  const PassOrder::Settings settings{.n_items = 40, .seed = 3};
  PassOrder order(settings);
  std::vector<Index> all(40);
  std::iota(all.begin(), all.end(), Index{0});
  std::vector<std::vector<Index>> passes;
  for (int pass = 0; pass < 3; ++pass) {
    passes.push_back(next_items(order, 40));
    CHECK(order.position() == SourcePosition{pass + 1, 0});
    CHECK(std::is_permutation(all.begin(), all.end(), passes.back().begin()));
    CHECK(passes.back() != all);
  }
  CHECK(passes[0] != passes[1]);
  CHECK(passes[1] != passes[2]);

  PassOrder later(settings);
  later.seek({2, 0});
  CHECK(next_items(later, 40) == passes[2]);
  later.seek({1, 25});
  CHECK(next_items(later, 15) == std::vector<Index>(passes[1].begin() + 25, passes[1].end()));

  PassOrder other({.n_items = 40, .seed = 4});
  CHECK(next_items(other, 40) != passes[0]);
}

TEST_CASE("what is available ends with the last pass, and never without one") {
  PassOrder two_passes({.n_items = 5, .epochs = 2, .order = PassOrder::Order::Sequential});
  CHECK(two_passes.available(100) == 10);
  CHECK(two_passes.available(3) == 3);
  CHECK(next_items(two_passes, 7) == std::vector<Index>{0, 1, 2, 3, 4, 0, 1});
  CHECK(two_passes.available(100) == 3);
  next_items(two_passes, 3);
  CHECK(two_passes.available(1) == 0);
  two_passes.seek({7, 2});
  CHECK(two_passes.available(1) == 0);
  CHECK(PassOrder({.n_items = 1}).available(1000) == 1000);
}

TEST_CASE("PassOrder names its source where a number means nothing") {
  CHECK_THROWS_WITH(PassOrder({.source = "Mine", .n_items = 0}), ContainsSubstring("Mine samples: expected"));
  CHECK_THROWS_WITH(PassOrder({.source = "Mine", .epochs = -1}), ContainsSubstring("Mine epochs: expected"));
  PassOrder order({.source = "Mine", .n_items = 3});
  CHECK_THROWS_WITH(order.seek({-1, 0}), ContainsSubstring("Mine position epoch"));
  CHECK_THROWS_WITH(order.seek({0, 3}), ContainsSubstring("Mine position sample") && ContainsSubstring("got 3"));
  CHECK_THROWS_WITH(order.seek({0, -1}), ContainsSubstring("Mine position sample"));
}

}  // namespace pass_order_test
