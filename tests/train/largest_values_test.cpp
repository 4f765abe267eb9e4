// SPDX-License-Identifier: MIT
#include <parsae/train/largest_values.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <vector>

namespace largest_values_test {

using namespace parsae;

TEMPLATE_TEST_CASE("every rank of a stream's largest values is that of a full sort", "[largest_values]", float,
                   double) {
  const Matrix<TestType> numbers = test::rounded_matrix<TestType>(700, 1, 3).cwiseAbs();  // zeros and ties among them
  std::vector<TestType> sorted(numbers.data(), numbers.data() + 700);
  std::sort(sorted.rbegin(), sorted.rend());
  for (const Index count : {1, 2, 37, 350, 699, 700}) {
    LargestValues<TestType> largest(count);
    for (const TestType number : sorted) largest.add(number);
    LargestValues<TestType> other(count);
    for (Index i = 0; i < 700; ++i) other.add(numbers(i));
    for (Index rank = 1; rank <= count; ++rank) {
      CAPTURE(count, rank);
      REQUIRE(largest.ranked(rank) == sorted[static_cast<std::size_t>(rank - 1)]);
      REQUIRE(other.ranked(rank) == sorted[static_cast<std::size_t>(rank - 1)]);
    }
    CHECK(other.floor() <= other.ranked(count));
  }
}

TEST_CASE("the floor rises to what can no longer be among the largest", "[largest_values]") {
  LargestValues<float> largest(2);
  CHECK(largest.floor() == 0);
  CHECK(largest.ranked(1) == 0);
  for (const float value : {3.0F, 5.0F, 1.0F}) largest.add(value);
  CHECK(largest.floor() == 0);
  CHECK(largest.ranked(2) == 3);
  largest.add(4);
  CHECK(largest.floor() == 4);
  largest.add(4);
  CHECK(largest.ranked(1) == 5);
  CHECK(largest.ranked(2) == 4);
  CHECK(LargestValues<float>(3).ranked(1) == 0);
}

}  // namespace largest_values_test
