// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cmath>
#include <numbers>

namespace parsae::inline PARSAE_ABI {

/// P(Z >= z) of a standard normal. Below z = 37 good to 1e-12 of itself; it vanishes beyond 38.
[[nodiscard]] inline double normal_upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

/// log P(Z >= z), for any z: beyond 30 from the continued fraction of Laplace,
///
///     P(Z >= z) = density(z) / (z + 1 / (z + 2 / (z + 3 / (z + ...)))).
[[nodiscard]] inline double log_normal_upper_tail(double z) {
  if (z < -1) return std::log1p(-normal_upper_tail(-z));
  if (!(z > 30)) return std::log(normal_upper_tail(z));
  double fraction = z;
  for (int term = 12; term >= 1; --term) fraction = z + term / fraction;
  return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi) - std::log(fraction);
}

/// log P(|Z| >= |z|).
[[nodiscard]] inline double log_normal_two_sided(double z) {
  return std::numbers::ln2 + log_normal_upper_tail(std::abs(z));
}

}  // namespace parsae::inline PARSAE_ABI
