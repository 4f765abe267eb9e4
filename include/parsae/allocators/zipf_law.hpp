// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// How often the latent of rank r = 1, 2, ... fires: density proportional to (r + shift)^-exponent. Exponent 0 gives
/// every latent the same.
struct ZipfLaw {
  static constexpr double largest_exponent = 10;
  static constexpr double largest_shift = 1e6;

  double exponent = 1;  ///< 0 to 10
  double shift = 0;     ///< 0 to 1e6

  /// The densities of `n` >= 1 ranks, not ascending, each at most 1, with the sum `total` <= n. Where the law asks for
  /// more than 1, the excess goes to the other ranks in proportion, until none has too much.
  [[nodiscard]] Buffer<double> densities(Index n, double total) const {
    Buffer<double> weights(n);
    for (Index r = 0; r < n; ++r) weights[r] = std::pow((static_cast<double>(r + 1) + shift) / (1 + shift), -exponent);
    Buffer<double> tails(n + 1, 0.0);  // of the weights, summed from the least one
    for (Index r = n; r-- > 0;) tails[r] = tails[r + 1] + weights[r];

    // Weights do not ascend, so the ranks with too much are the first ones.
    Index n_full = 0;
    const auto scale = [&] { return (total - static_cast<double>(n_full)) / tails[n_full]; };
    while (n_full < n && weights[n_full] * scale() > 1) ++n_full;
    const double factor = n_full < n ? scale() : 0;
    for (Index r = 0; r < n; ++r) weights[r] = r < n_full ? 1 : factor * weights[r];
    return weights;
  }

  /// The exponent that fits measured densities: least squares of log density on log(rank + shift) over the first 90 %
  /// (at least two) of those that are positive, since measured densities follow the law except at the lower end. With
  /// fewer than two positive densities there is nothing to fit: 1.
  /// \param densities  not ascending, >= 0
  [[nodiscard]] static double fit_exponent(Slice<const double> densities, double shift) {
    const Index n_positive =
        std::find_if(densities.begin(), densities.end(), [](double d) { return !(d > 0); }) - densities.begin();
    if (n_positive < 2) return 1;
    const Index n = std::max(n_positive * 9 / 10, Index{2});
    double mean_x = 0;
    double mean_y = 0;
    for (Index r = 0; r < n; ++r) {
      mean_x += std::log(static_cast<double>(r + 1) + shift) / static_cast<double>(n);
      mean_y += std::log(densities[r]) / static_cast<double>(n);
    }
    double covariance = 0;
    double variance = 0;
    for (Index r = 0; r < n; ++r) {
      const double x = std::log(static_cast<double>(r + 1) + shift) - mean_x;
      covariance += x * (std::log(densities[r]) - mean_y);
      variance += x * x;
    }
    return std::clamp(-covariance / variance, 0.0, largest_exponent);
  }
};

}  // namespace parsae::inline PARSAE_ABI
