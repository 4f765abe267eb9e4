// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// The value below which a share of the values lies: of n sorted ones, number share (n - 1) from 0, linear between
/// neighbors.
/// \param sorted  at least one, ascending
/// \param share   0 to 1
[[nodiscard]] inline double sorted_quantile(Slice<const double> sorted, double share) {
  require_at_least("quantile values", sorted.size(), Index{1});
  require_between("quantile share", share, 0.0, 1.0);
  const double place = share * static_cast<double>(sorted.size() - 1);
  const Index below = std::min(static_cast<Index>(place), sorted.size() - 1);
  const Index above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// The same of values in any order, without NaN; they are taken by value, as they are put in order.
[[nodiscard]] inline double quantile(Buffer<double> values, double share) {
  std::sort(values.begin(), values.end());
  return sorted_quantile(values.slice(), share);
}

}  // namespace parsae::inline PARSAE_ABI
