// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Poisson numbers by inversion: the smallest k with u < P(K <= k), for a uniform u of a counter-based generator. So a
/// draw takes one uniform number, whatever the mean, and grows with it.
///
/// The distribution function is a table: about 20 sqrt(mean) numbers around the mean.
class Poisson {
 public:
  /// \param mean  0 to 1e9
  explicit Poisson(double mean) {
    require_between("Poisson mean", mean, 0.0, 1e9);
    const Buffer<double> below = weights_below(mean);
    first_ = static_cast<Index>(std::floor(mean)) - below.size();
    double sum = 0;
    for (Index i = below.size() - 1; i >= 0; --i) cumulative_.push_back(sum += below[i]);
    double weight = 1;
    for (double k = std::floor(mean); weight > negligible; weight *= mean / k) {
      cumulative_.push_back(sum += weight);
      k += 1;
    }
    for (double& value : cumulative_) value /= sum;
  }

  /// \param uniform  0 <= uniform < 1
  [[nodiscard]] Index draw(double uniform) const {
    const double* found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, uniform);
    return first_ + (found - cumulative_.begin());
  }

 private:
  /// Relative to the largest weight; no 53-bit uniform number is within this distance of 1.
  static constexpr double negligible = 1e-24;

  /// P(K = k) over that of the mode, for k = mode - 1 and down.
  [[nodiscard]] static Buffer<double> weights_below(double mean) {
    Buffer<double> weights;
    double weight = 1;
    for (double k = std::floor(mean); k >= 1; --k) {
      weight *= k / mean;
      if (weight <= negligible) break;
      weights.push_back(weight);
    }
    return weights;
  }

  Index first_ = 0;            // the k of the first entry
  Buffer<double> cumulative_;  // P(K <= first_ + i)
};

}  // namespace parsae::inline PARSAE_ABI
