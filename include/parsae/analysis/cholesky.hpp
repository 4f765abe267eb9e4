// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// A = R^T R of a symmetric positive definite matrix, R upper triangular; the same bits for any number of threads,
/// which Eigen's blocked one has not.
class Cholesky {
 public:
  /// \param matrix  n x n, finite; its upper triangle is read
  explicit Cholesky(Matrix<double> matrix, Threads threads = Threads::available()) : r_(std::move(matrix)) {
    require_shape("Cholesky matrix", r_.rows(), r_.cols(), r_.rows(), r_.rows());
    require_finite("Cholesky matrix", r_);
    const Index n = r_.rows();
    const double rounding = 100 * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
    for (Index i = 0; i < n && is_positive_definite_; ++i) {
      const double pivot = r_(i, i) - Column<double>::dot(r_.col(i).data(), r_.col(i).data(), i);
      is_positive_definite_ = pivot > rounding * r_(i, i);
      if (!is_positive_definite_) break;
      r_(i, i) = std::sqrt(pivot);
      constexpr Index block = 64;
      threads.for_each(divide_up(n - i - 1, block), [&](Index task, int) {
        const Index first = i + 1 + task * block;
        for (Index j = first; j < std::min(n, first + block); ++j)
          r_(i, j) = (r_(i, j) - Column<double>::dot(r_.col(i).data(), r_.col(j).data(), i)) / r_(i, i);
      });
    }
  }

  /// False, too, where a pivot is lost in rounding.
  [[nodiscard]] bool is_positive_definite() const { return is_positive_definite_; }

  /// x with A x = b; only where is_positive_definite(). \param b  n
  [[nodiscard]] Vector<double> solve(Vector<double> b) const {
    require_shape("Cholesky b", b.size(), 1, r_.rows(), 1);
    if (!is_positive_definite_) reject("Cholesky matrix", "a positive definite matrix to solve with", "another");
    for (Index i = 0; i < b.size(); ++i) b(i) = (b(i) - Column<double>::dot(r_.col(i).data(), b.data(), i)) / r_(i, i);
    for (Index i = b.size() - 1; i >= 0; --i) {
      b(i) /= r_(i, i);
      Column<double>::add_scaled(-b(i), r_.col(i).data(), b.data(), i);
    }
    return b;
  }

 private:
  Matrix<double> r_;
  bool is_positive_definite_ = true;
};

}  // namespace parsae::inline PARSAE_ABI
