// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/panel_product.hpp>

namespace parsae::inline PARSAE_ABI {

/// A matrix cut into slices of as many rows as a register tile is wide, each slice contiguous, column after column: a
/// sum over the columns of one slice reads one forward stream that fits the second-level cache. Missing rows are zero.
template <class Scalar>
class ColumnSlices {
 public:
  static constexpr Index width = PanelProduct<Scalar>::latents;

  void pack(const Matrix<Scalar>& columns, Threads threads) {
    constexpr Index block = 64;
    rows_ = columns.rows();
    cols_ = columns.cols();
    entries_.resize(divide_up(rows_, width) * width * cols_);
    threads.for_each(divide_up(cols_, block), [&](Index task, int) {
      for (Index i = task * block; i < std::min(cols_, (task + 1) * block); ++i)
        for (Index q = 0; q < rows_; q += width) {
          Scalar* to = entries_.data() + q * cols_ + i * width;
          const Index count = std::min(width, rows_ - q);
          std::copy_n(columns.data() + i * rows_ + q, count, to);
          std::fill(to + count, to + width, Scalar(0));
        }
    });
  }

  [[nodiscard]] Index rows() const { return rows_; }
  [[nodiscard]] Index cols() const { return cols_; }

  /// Rows [first_row, first_row + width) of all columns: cols() x width. `first_row` is a multiple of width.
  [[nodiscard]] const Scalar* slice(Index first_row) const { return entries_.data() + first_row * cols_; }

 private:
  Index rows_ = 0;
  Index cols_ = 0;
  Buffer<Scalar> entries_;
};

}  // namespace parsae::inline PARSAE_ABI
