// SPDX-License-Identifier: MIT
#include <parsae/core/shuffle.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace shuffle_test {

using parsae::Index;
using parsae::Random;
using parsae::shuffle;
using parsae::Slice;

TEST_CASE("a shuffle moves item i to a place that draw i chooses, from the last one on", "[shuffle]") {
  const Random random(3, 5);
  std::vector<int> expected = {10, 11, 12, 13, 14};
  for (std::size_t i = 4; i > 0; --i) std::swap(expected[i], expected[random.below(i + 1, i)]);
  std::vector<int> items = {10, 11, 12, 13, 14};
  shuffle(Slice<int>(items.data(), 5), random);
  CHECK(items == expected);
}

TEST_CASE("every order is equally likely", "[shuffle]") {
  constexpr int n = 24000;
  std::map<std::array<int, 4>, int> counts;
  for (int seed = 0; seed < n; ++seed) {
    std::array<int, 4> items = {0, 1, 2, 3};
    shuffle(Slice<int>(items.data(), 4), Random(static_cast<std::uint64_t>(seed)));
    ++counts[items];
  }
  REQUIRE(counts.size() == 24);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - n / 24) < 160);  // five standard deviations
}

TEST_CASE("nothing and a single item stay as they are", "[shuffle]") {
  shuffle(Slice<int>(), Random(1));
  int one = 7;
  shuffle(Slice<int>(&one, 1), Random(1));
  CHECK(one == 7);
}

TEST_CASE("a choice comes to the front, in every order equally likely", "[shuffle]") {
  using parsae::shuffle_front;
  const Random random(3, 5);
  std::vector<int> expected = {10, 11, 12, 13, 14};
  for (std::size_t i = 0; i < 2; ++i) std::swap(expected[i], expected[i + random.below(5 - i, i)]);
  std::vector<int> items = {10, 11, 12, 13, 14};
  shuffle_front(Slice<int>(items.data(), 5), 2, random);
  CHECK(items == expected);

  constexpr int n = 24000;
  std::map<std::pair<int, int>, int> counts;
  for (int seed = 0; seed < n; ++seed) {
    std::array<int, 4> all = {0, 1, 2, 3};
    shuffle_front(Slice<int>(all.data(), 4), 2, Random(static_cast<std::uint64_t>(seed)));
    ++counts[{all[0], all[1]}];
  }
  REQUIRE(counts.size() == 12);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - n / 12) < 220);  // five standard deviations

  shuffle_front(Slice<int>(), 0, random);
  shuffle_front(Slice<int>(items.data(), 5), 0, random);
  CHECK(items == expected);
  shuffle_front(Slice<int>(items.data(), 5), 5, random);
  std::sort(items.begin(), items.end());
  CHECK(items == std::vector<int>{10, 11, 12, 13, 14});
}

}  // namespace shuffle_test
