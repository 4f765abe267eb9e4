// SPDX-License-Identifier: MIT
#pragma once

#include <language/cross_entropy.hpp>

namespace parsae_examples {

/// Replaces every column by zero. At every position this leaves a model of this family nothing to say: the loss is
/// exactly ln(n_vocabulary), behind whatever block.
[[nodiscard]] inline Splice zero_ablation() {
  return [](const Eigen::Ref<const parsae::Matrix<float>>& stream) -> parsae::Matrix<float> {
    return parsae::Matrix<float>::Zero(stream.rows(), stream.cols());
  };
}

/// Replaces every column by `mean`, width entries.
[[nodiscard]] inline Splice mean_ablation(const parsae::Vector<float>& mean) {
  return [mean](const Eigen::Ref<const parsae::Matrix<float>>& stream) -> parsae::Matrix<float> {
    parsae::require_shape("mean_ablation mean", mean.size(), 1, stream.rows(), 1);
    return mean.replicate(1, stream.cols());
  };
}

/// The mean of samples (width x n, n >= 1), added up in double: what mean_ablation() puts in their place.
[[nodiscard]] inline parsae::Vector<float> mean_stream(const Eigen::Ref<const parsae::Matrix<float>>& samples) {
  parsae::require_at_least("mean_stream samples", samples.cols(), Index{1});
  parsae::Vector<double> sum = parsae::Vector<double>::Zero(samples.rows());
  for (Index i = 0; i < samples.cols(); ++i) sum += samples.col(i).cast<double>();
  return (sum / static_cast<double>(samples.cols())).cast<float>();
}

/// The share of the loss of an ablation that a reconstruction of the stream makes good again:
///
///     (ablated - spliced) / (ablated - clean)
///
/// 1 where the model does not notice the reconstruction, 0 where it is as bad as the ablation, below 0 where it is
/// worse. It says little without naming the ablation: of the mean it is lower than of zero.
[[nodiscard]] inline double loss_recovered(double clean, double spliced, double ablated) {
  return (ablated - spliced) / (ablated - clean);
}

}  // namespace parsae_examples
