// SPDX-License-Identifier: MIT
#include <parsae/sparse/column_sums.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <vector>

namespace column_sums_test {

using namespace parsae;
using test::random_matrix;

namespace {

const Index batches[] = {0, 1, 63, 64, 65, 128, 333};

/// Blocks of 64 samples, each summed in order from zero, then the blocks in order.
template <class Scalar>
Vector<Scalar> reference_sum(const Matrix<Scalar>& columns) {
  Vector<Scalar> total = Vector<Scalar>::Zero(columns.rows());
  for (Index row = 0; row < columns.rows(); ++row)
    for (Index first = 0; first < columns.cols(); first += 64) {
      Scalar partial = 0;
      for (Index i = first; i < std::min(first + 64, columns.cols()); ++i) partial += columns(row, i);
      total(row) += partial;
    }
  return total;
}

}  // namespace

TEMPLATE_TEST_CASE("the sum over samples is blocks of 64 in order, for any number of threads", "", float, double) {
  ColumnSums<TestType> sums;  // one for all, to see that nothing is left from the batch before
  for (const int threads : {1, 2, 4})
    for (const Index batch : batches)
      for (const Index rows : {1, 5, 37}) {
        const Matrix<TestType> columns = random_matrix<TestType>(rows, batch, 1);
        CAPTURE(threads, batch, rows);
        CHECK(sums.sum(columns, Threads(threads)) == reference_sum(columns));
      }
}

TEMPLATE_TEST_CASE("squares about the mean", "", float, double) {
  ColumnSums<TestType> sums;
  for (const Index batch : batches) {
    Matrix<TestType> columns = random_matrix<TestType>(11, batch, 1);
    columns.array() += 3;
    double expected = 0;
    for (Index row = 0; row < columns.rows(); ++row) {
      double mean = 0;
      for (Index i = 0; i < batch; ++i) mean += static_cast<double>(columns(row, i)) / static_cast<double>(batch);
      for (Index i = 0; i < batch; ++i) expected += std::pow(static_cast<double>(columns(row, i)) - mean, 2);
    }
    const double squares = sums.squares_about_mean(columns, Threads(1));
    CAPTURE(batch);
    const double tolerance = 16 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
    CHECK(std::abs(squares - expected) <= tolerance * (expected + 10.0 * static_cast<double>(batch)));
    CHECK(sums.squares_about_mean(columns, Threads(2)) == squares);
    CHECK(sums.squares_about_mean(columns, Threads(4)) == squares);
  }
}

TEST_CASE("parts of blocks are added in block order") {
  ColumnSums<float> sums;
  for (const int threads : {1, 2, 4})
    for (const Index batch : batches) {
      // Parts whose sum depends on the order in which they are added.
      const auto part_of = [](SampleRange range) {
        return 1.0 / (3.0 + static_cast<double>(range.begin * range.size()));
      };
      double expected = 0;
      for (Index first = 0; first < batch; first += 64) expected += part_of({first, std::min(first + 64, batch)});
      CAPTURE(threads, batch);
      CHECK(sums.add_blocks(batch, Threads(threads), part_of) == expected);
    }
}

}  // namespace column_sums_test
