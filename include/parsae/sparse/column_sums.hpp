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
    threads.for_each(n_blocks, [&](Index task, int) { add_columns(columns, block_of(columns.cols(), task), task); });
    return add_partial_sums();
  }

  /// sum_i |columns(:, i) - mean|^2. Each block is read once, about its own mean, and the blocks' means are put
  /// together (Chan, Golub and LeVeque 1979): sum over blocks of squares_b + size_b |mean_b - mean|^2.
  [[nodiscard]] double squares_about_mean(const Matrix<Scalar>& columns, Threads threads) {
    const Index n = columns.cols();
    if (n == 0) return 0;
    partial_.resize(columns.rows(), divide_up(n, block));
    const double within = add_blocks(n, threads, [&](SampleRange range) {
      const Index task = range.begin / block;
      add_columns(columns, range, task);
      const auto size = static_cast<Scalar>(range.size());
      double squares = 0;
      for (Index i = range.begin; i < range.end; ++i)
        squares += static_cast<double>((columns.col(i) - partial_.col(task) / size).squaredNorm());
      return squares;
    });
    mean_ = add_partial_sums() / static_cast<Scalar>(n);
    double between = 0;
    for (Index task = 0; task < partial_.cols(); ++task) {
      const Index size = block_of(n, task).size();
      between += static_cast<double>(size) *
                 static_cast<double>((partial_.col(task) / static_cast<Scalar>(size) - mean_).squaredNorm());
    }
    return within + between;
  }

  /// The sum over blocks of 64 samples of part_of(block), added in block order.
  template <class PartOf>
  [[nodiscard]] double add_blocks(Index batch, Threads threads, const PartOf& part_of) {
    const Index n_blocks = divide_up(batch, block);
    parts_.resize(n_blocks);
    threads.for_each(n_blocks, [&](Index task, int) { parts_[task] = part_of(block_of(batch, task)); });
    double total = 0;
    for (const double part : parts_) total += part;
    return total;
  }

 private:
  [[nodiscard]] static SampleRange block_of(Index batch, Index task) {
    return {task * block, std::min(batch, (task + 1) * block)};
  }

  void add_columns(const Matrix<Scalar>& columns, SampleRange range, Index task) {
    partial_.col(task).setZero();
    for (Index i = range.begin; i < range.end; ++i) partial_.col(task) += columns.col(i);
  }

  const Vector<Scalar>& add_partial_sums() {
    sum_.setZero(partial_.rows());
    for (Index task = 0; task < partial_.cols(); ++task) sum_ += partial_.col(task);
    return sum_;
  }

  Matrix<Scalar> partial_;
  Vector<Scalar> sum_;
  Vector<Scalar> mean_;
  Buffer<double> parts_;
};

}  // namespace parsae::inline PARSAE_ABI
