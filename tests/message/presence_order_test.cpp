// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/presence_order.hpp>

#include <support/catch.hpp>

#include <initializer_list>

namespace presence_order_test {

using namespace parsae;

namespace {

constexpr LatentId none = PresenceTree::none;

PresenceTree tree_of(std::initializer_list<LatentId> parents) {
  PresenceTree tree;
  for (const LatentId parent : parents) tree.parents.push_back(parent);
  return tree;
}

}  // namespace

TEST_CASE("a small forest in its order") {
  //  1        4
  //  |- 0     |- 5
  //  `- 3     `- ...
  //     |- 2
  //     `- 6
  const PresenceOrder order(tree_of({1, none, 3, 1, none, 4, 3}));
  REQUIRE(order.is_complete());
  const LatentId expected[] = {1, 4, 0, 3, 5, 2, 6};
  for (Index position = 0; position < 7; ++position) {
    CHECK(order.latent(position) == expected[position]);
    CHECK(order.position(expected[position]) == position);
  }
  CHECK(order.children_begin(0) == 2);
  CHECK(order.children_end(0) == 4);
  CHECK(order.children_begin(1) == 4);
  CHECK(order.children_end(1) == 5);
  CHECK(order.children_begin(3) == 5);
  CHECK(order.children_end(3) == 7);
  CHECK(order.children_begin(2) == order.children_end(2));
}

TEST_CASE("in any forest parents come first and families stand together, in the order of their parents") {
  for (std::uint64_t stream = 0; stream < 20; ++stream) {
    const Random random(11, stream);
    constexpr Index n = 60;
    PresenceTree tree = independent_latents(n);
    for (Index j = 1; j < n; ++j)  // towards lower latents in the first half of cases, towards higher in the second
      if (random.uniform(2 * static_cast<std::uint64_t>(j)) < 0.8) {
        const auto other =
            static_cast<LatentId>(random.below(static_cast<std::uint64_t>(j), 2 * static_cast<std::uint64_t>(j) + 1));
        if (stream < 10)
          tree.parents[j] = other;
        else
          tree.parents[n - 1 - j] = static_cast<LatentId>(n - 1 - other);
      }
    const PresenceOrder order(tree);
    REQUIRE(order.is_complete());
    Index end_before = 0;
    for (Index position = 0; position < n; ++position) {
      CHECK(order.position(order.latent(position)) == position);
      CHECK(order.children_begin(position) > position);
      CHECK(order.children_begin(position) >= end_before);
      end_before = order.children_end(position);
      for (Index child = order.children_begin(position); child < order.children_end(position); ++child)
        CHECK(tree.parents[order.latent(child)] == order.latent(position));
    }
    CHECK(end_before == n);
  }
}

TEST_CASE("circles are no forest") {
  CHECK_FALSE(PresenceOrder(tree_of({1, 0})).is_complete());
  CHECK_FALSE(PresenceOrder(tree_of({none, 2, 3, 1})).is_complete());
  CHECK_FALSE(PresenceOrder(tree_of({0})).is_complete());
  CHECK(PresenceOrder(tree_of({none})).is_complete());
}

}  // namespace presence_order_test
