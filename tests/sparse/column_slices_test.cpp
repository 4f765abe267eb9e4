// SPDX-License-Identifier: MIT
#include <parsae/sparse/column_slices.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace column_slices_test {

using namespace parsae;

TEMPLATE_TEST_CASE("slices hold every entry once, and zeros where the last one is not full", "", float, double) {
  constexpr Index width = ColumnSlices<TestType>::width;
  ColumnSlices<TestType> slices;
  for (const Index rows : {width + 1, Index{1}, width - 1, width, 3 * width})
    for (const Index cols : {0, 1, 64, 131})
      for (const int threads : {1, 2}) {
        const Matrix<TestType> columns = test::random_matrix<TestType>(rows, cols, 1);
        slices.pack(columns, Threads(threads));
        CAPTURE(rows, cols, threads);
        CHECK(slices.rows() == rows);
        CHECK(slices.cols() == cols);
        Index wrong = 0;
        for (Index first = 0; first < rows; first += width)
          for (Index i = 0; i < cols; ++i)
            for (Index q = 0; q < width; ++q)
              wrong += slices.slice(first)[i * width + q] != (first + q < rows ? columns(first + q, i) : TestType(0));
        CHECK(wrong == 0);
      }
}

}  // namespace column_slices_test
