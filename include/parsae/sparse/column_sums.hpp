// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/threads.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// Sums over the samples (columns) of a matrix, with the same bits for any number of threads: samples are cut into
/// blocks of 64, and the blocks are added in order. Holds its scratch, so that a step allocates nothing.
template <class Scalar>
class ColumnSums {
 public:
  static constexpr Index block = 64;

  /// sum_i columns(:, i)
  [[nodiscard]] const Vector<Scalar>& sum(const Matrix<Scalar>& columns, Threads threads) {
    const Index n_blocks = divide_up(columns.cols(), block);
    partial_.resize(columns.rows(), n_blocks);
    threads.for_each(n_blocks, [&](Index task, int) {
      const Index last = std::min(columns.cols(), (task + 1) * block);
      partial_.col(task).setZero();
      for (Index i = task * block; i < last; ++i) partial_.col(task) += columns.col(i);
    });
    sum_.setZero(columns.rows());
    for (Index task = 0; task < n_blocks; ++task) sum_ += partial_.col(task);
    return sum_;
  }

  /// sum_i |columns(:, i) - mean|^2
  [[nodiscard]] double squares_about_mean(const Matrix<Scalar>& columns, Threads threads) {
    if (columns.cols() == 0) return 0;
    mean_ = sum(columns, threads) / static_cast<Scalar>(columns.cols());
    return add_blocks(columns.cols(), threads, [&](SampleRange range) {
      double squares = 0;
      for (Index i = range.begin; i < range.end; ++i)
        squares += static_cast<double>((columns.col(i) - mean_).squaredNorm());
      return squares;
    });
  }

  /// The sum over blocks of 64 samples of part_of(block), added in block order.
  template <class PartOf>
  [[nodiscard]] double add_blocks(Index batch, Threads threads, const PartOf& part_of) {
    const Index n_blocks = divide_up(batch, block);
    parts_.resize(n_blocks);
    threads.for_each(n_blocks, [&](Index task, int) {
      parts_[task] = part_of(SampleRange{task * block, std::min(batch, (task + 1) * block)});
    });
    double total = 0;
    for (const double part : parts_) total += part;
    return total;
  }

 private:
  Matrix<Scalar> partial_;
  Vector<Scalar> sum_;
  Vector<Scalar> mean_;
  Buffer<double> parts_;
};

}  // namespace parsae::inline PARSAE_ABI
