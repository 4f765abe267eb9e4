// SPDX-License-Identifier: MIT
#include <parsae/io/row_filter.hpp>

#include <io/memory_rows.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace row_filter_test {

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

TEST_CASE("a limit by the median norm ignores rows that are not finite") {
  std::vector<std::unique_ptr<RowFile>> files;
  Matrix<float> samples = Matrix<float>::Constant(4, 5, 1);
  samples.col(0) *= 100;
  samples(1, 3) = std::numeric_limits<float>::quiet_NaN();
  files.push_back(std::make_unique<test::MemoryRows>("a", samples));
  files.push_back(std::make_unique<test::MemoryRows>("b", Matrix<float>::Constant(4, 6000, 3)));
  CHECK(std::abs(RowFilter::of_median_norm(files, 10).largest_norm() - 60) < 1e-6);
  files.pop_back();
  CHECK(std::abs(RowFilter::of_median_norm(files, 10).largest_norm() - 20) < 1e-6);
  files.clear();
  files.push_back(std::make_unique<test::MemoryRows>("zero", Matrix<float>::Zero(4, 5)));
  CHECK_THROWS_AS(RowFilter::of_median_norm(files, 10), FileError);
  files.front() =
      std::make_unique<test::MemoryRows>("nan", Matrix<float>::Constant(4, 5, std::numeric_limits<float>::quiet_NaN()));
  CHECK_THROWS_AS(RowFilter::of_median_norm(files, 10), FileError);
}

}  // namespace row_filter_test
