// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/sparse/column.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Solves A x = b for one n x n matrix and many right-hand sides, in double: P A = L U with row pivoting, column by
/// column in one order, so that its bits depend on no thread.
class LinearSolver {
 public:
  /// Throws std::invalid_argument where A is singular to working precision: a pivot of at most n epsilon times the
  /// largest entry of A.
  /// \param name    of A, in messages
  /// \param matrix  n x n, n >= 1, finite
  LinearSolver(std::string_view name, const Eigen::Ref<const Matrix<double>>& matrix) : lu_(matrix) {
    require_at_least(name, matrix.rows(), Index{1});
    require_shape(name, matrix.rows(), matrix.cols(), matrix.rows(), matrix.rows());
    require_finite(name, matrix);
    const double least =
        static_cast<double>(size()) * std::numeric_limits<double>::epsilon() * matrix.cwiseAbs().maxCoeff();
    for (Index k = 0; k < size(); ++k) {
      Index pivot = 0;
      const double largest = lu_.col(k).tail(size() - k).cwiseAbs().maxCoeff(&pivot);
      if (!(largest > least)) {
        reject(name, "a matrix that can be inverted",
               "one that is singular: no pivot for column " + std::to_string(k) + " of " + std::to_string(size()));
      }
      eliminate(k, k + pivot);
    }
  }

  [[nodiscard]] Index size() const { return lu_.rows(); }

  /// x in place of b, n entries.
  void solve(Eigen::Ref<Vector<double>> b) const {
    for (Index k = 0; k < size(); ++k) std::swap(b(k), b(pivots_[k]));
    for (Index k = 0; k < size(); ++k)
      Column<double>::add_scaled(-b(k), lu_.col(k).data() + k + 1, b.data() + k + 1, size() - k - 1);
    for (Index k = size() - 1; k >= 0; --k) {
      b(k) /= lu_(k, k);
      Column<double>::add_scaled(-b(k), lu_.col(k).data(), b.data(), k);
    }
  }

 private:
  void eliminate(Index k, Index pivot) {
    pivots_.push_back(pivot);
    if (pivot != k) {
      for (Index j = 0; j < size(); ++j) std::swap(lu_(k, j), lu_(pivot, j));
    }
    const Index below = size() - k - 1;
    lu_.col(k).tail(below) /= lu_(k, k);
    for (Index j = k + 1; j < size(); ++j)
      Column<double>::add_scaled(-lu_(k, j), lu_.col(k).data() + k + 1, lu_.col(j).data() + k + 1, below);
  }

  Matrix<double> lu_;
  Buffer<Index> pivots_;
};

}  // namespace parsae::inline PARSAE_ABI
