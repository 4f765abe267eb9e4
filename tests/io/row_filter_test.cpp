// SPDX-License-Identifier: MIT
#include <parsae/io/row_filter.hpp>

#include <support/catch.hpp>

#include <limits>

using namespace parsae;
using Verdict = RowFilter::Verdict;

TEST_CASE("one value that is not finite condemns its row, wherever it stands") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (Index at = 0; at < 19; ++at) {
      Vector<float> row = Vector<float>::Ones(19);
      row[at] = bad;
      CHECK(RowFilter().judge(row) == Verdict::NotFinite);
    }
  }
  Vector<float> opposite = Vector<float>::Ones(4);
  opposite[0] = std::numeric_limits<float>::infinity();
  opposite[3] = -opposite[0];
  CHECK(RowFilter(1).judge(opposite) == Verdict::NotFinite);
}

TEST_CASE("finite rows are kept, however large") {
  CHECK(RowFilter().judge(Vector<float>::Constant(9, std::numeric_limits<float>::max())) == Verdict::Kept);
  CHECK(RowFilter().judge(Vector<float>::Zero(9)) == Verdict::Kept);
}

TEST_CASE("rows above the largest norm are outliers") {
  const Vector<float> row = Vector<float>::Constant(4, 1);  // norm 2
  CHECK(RowFilter(2).judge(row) == Verdict::Kept);
  CHECK(RowFilter(1.99).judge(row) == Verdict::Outlier);
  CHECK(RowFilter(1e30).judge(Vector<float>::Constant(4, 1e30f)) == Verdict::Outlier);
  CHECK(RowFilter(2e30 * 1.001).judge(Vector<float>::Constant(4, 1e30f)) == Verdict::Kept);
  CHECK(RowFilter(3).largest_norm() == 3);
}
