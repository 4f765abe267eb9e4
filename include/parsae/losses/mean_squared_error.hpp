// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/loss.hpp>

namespace parsae::inline PARSAE_ABI {

/// Squared error: L = sum_i weight_i |xhat_i - x_i|^2, dL/d xhat_i = 2 weight_i (xhat_i - x_i), with weight_i = 1 /
/// batch unless the batch brings weights. Summed over inputs, so coefficients of other losses do not depend on a mean
/// over them.
struct MeanSquaredError {
  static constexpr std::string_view name = "mse";

  template <class Scalar>
  [[nodiscard]] double add(const Eigen::Ref<const Matrix<Scalar>>& target,
                           const Eigen::Ref<const Matrix<Scalar>>& recon, Slice<const Scalar> sample_weights,
                           Eigen::Ref<Matrix<Scalar>> d_recon) const {
    double total = 0;
    for (Index i = 0; i < target.cols(); ++i) {
      d_recon.col(i) = recon.col(i) - target.col(i);
      total += static_cast<double>(sample_weights[i]) * static_cast<double>(d_recon.col(i).squaredNorm());
      d_recon.col(i) *= 2 * sample_weights[i];
    }
    return total;
  }
};

}  // namespace parsae::inline PARSAE_ABI
