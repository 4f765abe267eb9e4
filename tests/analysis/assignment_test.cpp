// SPDX-License-Identifier: MIT
#include <parsae/analysis/assignment.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace assignment_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The best total of all one-to-one assignments, by trying every one.
double best_by_trying(const Matrix<double>& score) {
  const Matrix<double> wide = score.rows() <= score.cols() ? score : Matrix<double>(score.transpose());
  std::vector<Index> columns(static_cast<std::size_t>(wide.cols()));
  std::iota(columns.begin(), columns.end(), Index{0});
  double best = -std::numeric_limits<double>::infinity();
  do {
    double total = 0;
    for (Index row = 0; row < wide.rows(); ++row) total += wide(row, columns[static_cast<std::size_t>(row)]);
    best = std::max(best, total);
  } while (std::next_permutation(columns.begin(), columns.end()));
  return best;
}

/// How many rows have a column; fails the test when two have the same.
Index count_pairs(const Assignment& assignment, Index n_columns) {
  std::vector<Index> used(static_cast<std::size_t>(n_columns), 0);
  Index pairs = 0;
  for (const Index column : assignment.column_of_row) {
    if (column < 0) continue;
    ++pairs;
    REQUIRE(column < n_columns);
    CHECK(++used[static_cast<std::size_t>(column)] == 1);
  }
  return pairs;
}

}  // namespace

TEST_CASE("the best assignment is the best of all that there are, for every shape") {
  for (Index rows = 1; rows <= 6; ++rows) {
    for (Index cols = 1; cols <= 6; ++cols) {
      for (std::uint64_t draw = 0; draw < 4; ++draw) {
        const std::uint64_t stream = draw * 100 + static_cast<std::uint64_t>(10 * rows + cols);
        // The second half has many equal scores.
        const Matrix<double> score = draw < 2 ? test::random_matrix<double>(rows, cols, stream)
                                              : test::rounded_matrix<double>(rows, cols, stream);
        const Assignment found = best_assignment(score);
        CAPTURE(rows, cols, draw);
        CHECK_THAT(found.total, test::close_to(best_by_trying(score), 1e-6));
        REQUIRE(found.column_of_row.size() == rows);
        CHECK(count_pairs(found, cols) == std::min(rows, cols));
      }
    }
  }
}

TEST_CASE("a hidden permutation is found in a large matrix") {
  const Index n = 300;
  Matrix<double> score = test::random_matrix<double>(n, n, 1);
  for (Index row = 0; row < n; ++row) score(row, (row * 7 + 3) % n) = 100;
  const Assignment found = best_assignment(score);
  for (Index row = 0; row < n; ++row) CHECK(found.column_of_row[row] == (row * 7 + 3) % n);
}

TEST_CASE("greedy takes the best pair first, which the best assignment may have to give up") {
  Matrix<double> score(2, 2);
  score << 10, 9, 9, 0;
  const Assignment greedy = greedy_assignment(score);
  CHECK(greedy.column_of_row[0] == 0);
  CHECK(greedy.column_of_row[1] == 1);
  CHECK(greedy.total == 10);
  CHECK(best_assignment(score).total == 18);
}

TEST_CASE("greedy pairs rows and columns one to one, and equals go to the lower row and column") {
  const Matrix<double> score = test::random_matrix<double>(9, 5, 2);
  const Assignment greedy = greedy_assignment(score);
  CHECK(count_pairs(greedy, 5) == 5);
  CHECK(greedy.total <= best_assignment(score).total + 1e-12);
  Index best_row = 0;
  Index best_column = 0;
  score.maxCoeff(&best_row, &best_column);
  CHECK(greedy.column_of_row[best_row] == best_column);

  const Assignment equals = greedy_assignment(Matrix<double>::Ones(3, 3));
  for (Index row = 0; row < 3; ++row) CHECK(equals.column_of_row[row] == row);
}

TEST_CASE("nothing to assign is an empty assignment, and scores must be finite") {
  CHECK(best_assignment(Matrix<double>(0, 3)).column_of_row.empty());
  const Assignment rows_only = best_assignment(Matrix<double>(3, 0));
  REQUIRE(rows_only.column_of_row.size() == 3);
  CHECK(rows_only.column_of_row[2] == -1);
  CHECK(greedy_assignment(Matrix<double>(3, 0)).total == 0);

  Matrix<double> score = Matrix<double>::Zero(2, 2);
  score(1, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(best_assignment(score), ContainsSubstring("best_assignment score: expected finite values"));
  CHECK_THROWS_WITH(greedy_assignment(score), ContainsSubstring("greedy_assignment score: expected finite values"));
}

}  // namespace assignment_test
