// SPDX-License-Identifier: MIT
#include <parsae/analysis/row_moments.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace row_moments_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("mean and squares of every row over the samples named") {
  Matrix<float> matrix(2, 4);
  matrix << 1, 2, 3, 100,  //
      5, 5, 8, 100;
  Buffer<Index> samples;
  for (const Index i : {2, 0, 1}) samples.push_back(i);
  const RowMoments moments = row_moments(matrix, samples.slice());
  CHECK(moments.n_samples == 3);
  CHECK_THAT(moments.mean(0), test::close_to(2, 1e-15));
  CHECK_THAT(moments.mean(1), test::close_to(6, 1e-15));
  CHECK_THAT(moments.squares(0), test::close_to(2, 1e-14));
  CHECK_THAT(moments.squares(1), test::close_to(6, 1e-14));
  CHECK_THAT(moments.variance()(1), test::close_to(2, 1e-14));
}

TEST_CASE("a large mean costs no digits, and equal values have no spread at all") {
  Matrix<double> matrix = test::random_matrix<double>(3, 500, 1);
  const RowMoments near_zero = row_moments(matrix);
  matrix.row(0).array() += 1e8;
  matrix.row(2).setConstant(0.1);
  const RowMoments moments = row_moments(matrix);
  CHECK_THAT(moments.squares(0), test::close_to(near_zero.squares(0), 1e-6));
  CHECK(moments.squares(1) == near_zero.squares(1));
  CHECK(moments.squares(2) == 0);
  CHECK(moments.mean(2) == 0.1);
}

TEST_CASE("moments over no samples, or over samples that are not there, are refused") {
  const Matrix<float> matrix = Matrix<float>::Ones(2, 3);
  CHECK_THROWS_WITH(row_moments(matrix, {}), ContainsSubstring("row_moments samples"));
  const Index beyond = 3;
  CHECK_THROWS_WITH(row_moments(matrix, {&beyond, 1}), ContainsSubstring("row_moments sample"));
  CHECK_THROWS_WITH(row_moments(Matrix<float>(2, 0)), ContainsSubstring("row_moments samples"));
}

}  // namespace row_moments_test
