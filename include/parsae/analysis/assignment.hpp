// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// A one-to-one assignment of the rows of a score matrix to its columns.
struct Assignment {
  Buffer<Index> column_of_row;  ///< -1 for a row without a column, where there are more rows than columns
  double total = 0;             ///< sum of the scores of the min(rows, cols) assigned pairs
};

namespace detail {

/// Shortest augmenting paths with potentials (Kuhn, Munkres; Jonker and Volgenant 1987) on a matrix that is at least as
/// wide as it is high. Rows and columns count from 1; column 0 is where a new row begins its search.
class ShortestAugmentingPaths {
 public:
  explicit ShortestAugmentingPaths(const Matrix<double>& score)
      : score_(score),
        row_potential_(score.rows() + 1, 0.0),
        column_potential_(score.cols() + 1, 0.0),
        row_of_(score.cols() + 1, Index{0}),
        previous_(score.cols() + 1, Index{0}) {
    for (Index row = 1; row <= score.rows(); ++row) add(row);
  }

  /// Row of each column, or -1.
  [[nodiscard]] Buffer<Index> row_of_column() const {
    Buffer<Index> rows(score_.cols());
    for (Index column = 0; column < score_.cols(); ++column) rows[column] = row_of_[column + 1] - 1;
    return rows;
  }

 private:
  void add(Index row) {
    row_of_[0] = row;
    distance_.assign(score_.cols() + 1, std::numeric_limits<double>::infinity());
    is_settled_.assign(score_.cols() + 1, 0);
    Index column = 0;
    while (row_of_[column] != 0) column = settle(column);
    for (; column != 0; column = previous_[column]) row_of_[column] = row_of_[previous_[column]];
  }

  /// Settles a column, shortens the ways behind it, moves the potentials, and returns the nearest column that is left.
  [[nodiscard]] Index settle(Index column) {
    is_settled_[column] = 1;
    const Index row = row_of_[column];
    Index nearest = 0;
    double step = std::numeric_limits<double>::infinity();
    for (Index other = 1; other <= score_.cols(); ++other) {
      if (is_settled_[other] != 0) continue;
      const double reduced = -score_(row - 1, other - 1) - row_potential_[row] - column_potential_[other];
      if (reduced < distance_[other]) {
        distance_[other] = reduced;
        previous_[other] = column;
      }
      if (distance_[other] < step) {
        step = distance_[other];
        nearest = other;
      }
    }
    for (Index other = 0; other <= score_.cols(); ++other) {
      if (is_settled_[other] != 0) {
        row_potential_[row_of_[other]] += step;
        column_potential_[other] -= step;
      } else {
        distance_[other] -= step;
      }
    }
    return nearest;
  }

  const Matrix<double>& score_;
  Buffer<double> row_potential_;
  Buffer<double> column_potential_;
  Buffer<Index> row_of_;
  Buffer<Index> previous_;
  Buffer<double> distance_;
  Buffer<std::uint8_t> is_settled_;
};

[[nodiscard]] inline double total_score(const Matrix<double>& score, const Buffer<Index>& column_of_row) {
  double total = 0;
  for (Index row = 0; row < score.rows(); ++row)
    if (column_of_row[row] >= 0) total += score(row, column_of_row[row]);
  return total;
}

}  // namespace detail

/// The assignment with the largest total score. Time grows with min(rows, cols)^2 max(rows, cols): about a second for
/// 1000 x 1000.
/// \param score  rows x cols, finite
[[nodiscard]] inline Assignment best_assignment(const Matrix<double>& score) {
  require_finite("best_assignment score", score);
  Assignment result;
  result.column_of_row.assign(score.rows(), -1);
  if (score.size() == 0) return result;
  if (score.rows() > score.cols()) {
    const Matrix<double> turned = score.transpose();
    result.column_of_row = detail::ShortestAugmentingPaths(turned).row_of_column();
  } else {
    const Buffer<Index> row_of = detail::ShortestAugmentingPaths(score).row_of_column();
    for (Index column = 0; column < score.cols(); ++column)
      if (row_of[column] >= 0) result.column_of_row[row_of[column]] = column;
  }
  result.total = detail::total_score(score, result.column_of_row);
  return result;
}

/// The best pair first, then the best among the rows and columns that are left, and so on; at least half of the best
/// total where no score is negative. Time grows with rows x cols and its logarithm. Equal scores go to the lower
/// (row, column).
/// \param score  rows x cols, finite
[[nodiscard]] inline Assignment greedy_assignment(const Matrix<double>& score) {
  require_finite("greedy_assignment score", score);
  Assignment result;
  result.column_of_row.assign(score.rows(), -1);
  Buffer<Index> order(score.size());
  for (Index e = 0; e < score.size(); ++e) order[e] = e;
  const auto place = [&](Index e) { return std::pair(e % score.rows(), e / score.rows()); };
  std::sort(order.begin(), order.end(), [&](Index a, Index b) {
    return score.data()[a] != score.data()[b] ? score.data()[a] > score.data()[b] : place(a) < place(b);
  });
  Buffer<std::uint8_t> is_taken(score.cols(), 0);
  for (const Index e : order) {
    const auto [row, column] = place(e);
    if (result.column_of_row[row] >= 0 || is_taken[column] != 0) continue;
    result.column_of_row[row] = column;
    is_taken[column] = 1;
  }
  result.total = detail::total_score(score, result.column_of_row);
  return result;
}

}  // namespace parsae::inline PARSAE_ABI
