// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace parsae_benchmarks {

/// density(rank) ~ scale rank^-exponent, ranks from 1.
struct ZipfLine {
  double exponent = std::numeric_limits<double>::quiet_NaN();
  double scale = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] double at(double rank) const { return scale * std::pow(rank, -exponent); }
};

/// Least squares of log density on log rank over the first 90 % of the latents that are ever active: published
/// densities leave the line at their lower end. NaN with fewer than two such latents.
/// \param descending  densities, largest first
[[nodiscard]] inline ZipfLine fit_zipf(const std::vector<double>& descending) {
  const auto n_active = std::count_if(descending.begin(), descending.end(), [](double density) { return density > 0; });
  const auto n = static_cast<std::size_t>(std::ceil(0.9 * static_cast<double>(n_active)));
  if (n < 2) return {};
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const double x = std::log(static_cast<double>(r + 1));
    const double y = std::log(descending[r]);
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  const double count = static_cast<double>(n);
  const double slope = (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
  return {-slope, std::exp((sum_y - slope * sum_x) / count)};
}

/// What Zipf's law with exponent 1 expects at a rank from 1 to n: L0 w_r / sum w, w_r = 1 / r.
[[nodiscard]] inline double expected_density(double l0, std::size_t rank, std::size_t n) {
  double sum = 0;
  for (std::size_t r = n; r >= 1; --r) sum += 1 / static_cast<double>(r);
  return l0 / static_cast<double>(rank) / sum;
}

/// A latent is under-used when its density is below this share of what is expected at its rank (our reading: the paper
/// that speaks of underutilized features, arXiv 2411.02124, gives no bound).
inline constexpr double under_used_below = 0.1;

/// Share of the latents that are under-used; dead ones are, too.
/// \param descending  densities, largest first
[[nodiscard]] inline double under_used_fraction(const std::vector<double>& descending, double l0) {
  if (descending.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double first = expected_density(l0, 1, descending.size());
  std::size_t under_used = 0;
  for (std::size_t r = 0; r < descending.size(); ++r) {
    const double bound = under_used_below * first / static_cast<double>(r + 1);
    under_used += descending[r] < bound || descending[r] == 0;
  }
  return static_cast<double>(under_used) / static_cast<double>(descending.size());
}

}  // namespace parsae_benchmarks
