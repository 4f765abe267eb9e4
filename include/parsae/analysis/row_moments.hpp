// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// Mean and spread of every row of a matrix over samples.
struct RowMoments {
  Index n_samples = 0;
  Vector<double> mean;
  Vector<double> squares;  ///< sum of squares about the mean; exactly 0 where all samples have the same value

  /// squares / n_samples.
  [[nodiscard]] Vector<double> variance() const { return squares / static_cast<double>(n_samples); }
};

/// Over the samples named, in two passes: a large mean costs no digits.
/// \param matrix   n_rows x n, finite
/// \param samples  columns of it, at least one
template <class Scalar>
[[nodiscard]] RowMoments row_moments(const Matrix<Scalar>& matrix, Slice<const Index> samples) {
  require_at_least("row_moments samples", samples.size(), Index{1});
  for (const Index i : samples) require_between("row_moments sample", i, Index{0}, matrix.cols() - 1);
  RowMoments moments;
  moments.n_samples = samples.size();
  moments.mean = Vector<double>::Zero(matrix.rows());
  moments.squares = Vector<double>::Zero(matrix.rows());
  Vector<Scalar> low = matrix.col(samples[0]);
  Vector<Scalar> high = low;
  for (const Index i : samples) {
    moments.mean += matrix.col(i).template cast<double>();
    low = low.cwiseMin(matrix.col(i)).eval();
    high = high.cwiseMax(matrix.col(i)).eval();
  }
  moments.mean /= static_cast<double>(samples.size());
  for (const Index i : samples) moments.squares += (matrix.col(i).template cast<double>() - moments.mean).cwiseAbs2();
  for (Index row = 0; row < matrix.rows(); ++row) {
    if (low(row) != high(row)) continue;
    moments.mean(row) = static_cast<double>(low(row));
    moments.squares(row) = 0;
  }
  return moments;
}

/// Over all samples.
template <class Scalar>
[[nodiscard]] RowMoments row_moments(const Matrix<Scalar>& matrix) {
  Buffer<Index> all(matrix.cols());
  for (Index i = 0; i < all.size(); ++i) all[i] = i;
  return row_moments(matrix, all.slice());
}

}  // namespace parsae::inline PARSAE_ABI
