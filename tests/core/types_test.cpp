// SPDX-License-Identifier: MIT
#include <parsae/core/types.hpp>

#include <support/catch.hpp>

namespace types_test {

using namespace parsae;

TEST_CASE("a column of a matrix is contiguous") {
  const Matrix<float> matrix(3, 2);
  CHECK(&matrix(1, 1) - &matrix(0, 1) == 1);
  CHECK(&matrix(0, 1) - &matrix(0, 0) == 3);
}

TEST_CASE("a range of samples counts its samples") {
  CHECK(SampleRange{3, 8}.size() == 5);
  CHECK(SampleRange{}.size() == 0);
}

TEST_CASE("parts are rounded up") {
  CHECK(divide_up(0, 4) == 0);
  CHECK(divide_up(1, 4) == 1);
  CHECK(divide_up(4, 4) == 1);
  CHECK(divide_up(5, 4) == 2);
  CHECK(divide_up(7, 1) == 7);
}

}  // namespace types_test
