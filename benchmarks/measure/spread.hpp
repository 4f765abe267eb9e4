// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace parsae_benchmarks {

/// Median, smallest and largest of repeated measurements: on a machine that others use, the mean says little.
struct Spread {
  double median = std::numeric_limits<double>::quiet_NaN();
  double min = std::numeric_limits<double>::quiet_NaN();
  double max = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] bool is_known() const { return std::isfinite(median); }
};

/// All NaN where nothing was measured.
[[nodiscard]] inline Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t upper = values.size() / 2;
  const std::size_t lower = (values.size() - 1) / 2;
  return {(values[lower] + values[upper]) / 2, values.front(), values.back()};
}

[[nodiscard]] inline double median_of(const std::vector<double>& values) { return spread_of(values).median; }

/// Times to rates: `amount` / seconds. The slowest time is the smallest rate.
[[nodiscard]] inline Spread rate_of(double amount, const Spread& seconds) {
  return {amount / seconds.median, amount / seconds.max, amount / seconds.min};
}

}  // namespace parsae_benchmarks
