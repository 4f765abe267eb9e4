// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Which rows are fit for training: finite ones whose Euclidean norm is not above a limit.
class RowFilter {
 public:
  enum class Verdict : std::uint8_t { Kept, NotFinite, Outlier };

  RowFilter() = default;

  /// \param largest_norm  > 0; 0: no limit
  explicit RowFilter(double largest_norm) : largest_norm_(largest_norm) {}

  [[nodiscard]] double largest_norm() const { return largest_norm_; }

  [[nodiscard]] Verdict judge(const Eigen::Ref<const Vector<float>>& row) const {
    // A finite sum says in one quick pass that all are finite; it also overflows when they are merely large.
    if (!std::isfinite(row.sum()) && !row.allFinite()) return Verdict::NotFinite;
    if (largest_norm_ > 0 && norm(row) > largest_norm_) return Verdict::Outlier;
    return Verdict::Kept;
  }

  /// In double: the squares of large floats overflow.
  [[nodiscard]] static double norm(const Eigen::Ref<const Vector<float>>& row) { return row.cast<double>().norm(); }

 private:
  double largest_norm_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
