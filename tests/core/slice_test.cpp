// SPDX-License-Identifier: MIT
#include <parsae/core/slice.hpp>

#include <support/catch.hpp>

#include <type_traits>

namespace slice_test {

using parsae::Slice;

TEST_CASE("a slice reads and writes through to its memory") {
  int values[] = {1, 2, 3, 4, 5};
  const Slice<int> slice(values, 5);
  slice[1] = 7;
  CHECK(values[1] == 7);
  CHECK(slice.data() == values);
  CHECK(slice.size() == 5);
  CHECK_FALSE(slice.empty());
  int sum = 0;
  for (const int value : slice) sum += value;
  CHECK(sum == 20);
}

TEST_CASE("a part of a slice") {
  int values[] = {1, 2, 3, 4, 5};
  const Slice<int> part = Slice<int>(values, 5).part(1, 3);
  CHECK(part.size() == 3);
  CHECK((part[0] == 2 && part[2] == 4));
  CHECK(part.end() == values + 4);
  CHECK(part.part(3, 0).empty());
}

TEST_CASE("a slice reads as a constant one, never the other way round") {
  CHECK(std::is_convertible_v<Slice<int>, Slice<const int>>);
  CHECK_FALSE(std::is_convertible_v<Slice<const int>, Slice<int>>);
  int value = 4;
  const Slice<const int> constant = Slice<int>(&value, 1);
  CHECK(constant[0] == 4);
}

TEST_CASE("an empty slice has no memory") {
  const Slice<float> none;
  CHECK(none.empty());
  CHECK(none.data() == nullptr);
  CHECK(none.begin() == none.end());
}

}  // namespace slice_test
