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

  /// The exponent of largest likelihood for measured densities, from 0 to 10. With it the law expects the measured mean
  /// of log(rank + shift) over all activations:
  ///
  ///     sum_r w_r log(r + shift) / sum_r w_r = sum_r density_r log(r + shift) / sum_r density_r,
  ///     w_r = (r + shift)^-exponent
  ///
  /// So a rank counts by its activations. A line through the logarithms of densities would follow the many rare latents
  /// of the lower end, where densities fall off, and a law so steep leaves its last ranks nothing. With fewer than two
  /// positive densities there is nothing to fit: 1.
  /// \param densities  not ascending, >= 0
  [[nodiscard]] static double fit_exponent(Slice<const double> densities, double shift) {
    if (densities.size() < 2 || !(densities[1] > 0)) return 1;
    Buffer<double> logs(densities.size());
    for (Index r = 0; r < logs.size(); ++r) logs[r] = std::log((static_cast<double>(r + 1) + shift) / (1 + shift));
    const double measured = mean_of_logs(logs.slice(), [&](Index r) { return densities[r]; });
    const auto expected = [&](double power) {
      return mean_of_logs(logs.slice(), [&](Index r) { return std::exp(-power * logs[r]); });
    };
    double low = 0;  // the expected mean falls with the exponent
    double high = largest_exponent;
    if (expected(low) <= measured) return low;
    if (expected(high) >= measured) return high;
    while (high - low > 1e-12) {
      const double middle = (low + high) / 2;
      (expected(middle) > measured ? low : high) = middle;
    }
    return (low + high) / 2;
  }

 private:
  template <class Weight>
  [[nodiscard]] static double mean_of_logs(Slice<const double> logs, const Weight& weight) {
    double sum = 0;
    double weights = 0;
    for (Index r = 0; r < logs.size(); ++r) {
      sum += weight(r) * logs[r];
      weights += weight(r);
    }
    return sum / weights;
  }
};

}  // namespace parsae::inline PARSAE_ABI
