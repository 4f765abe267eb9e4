// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/linear_probe.hpp>

namespace parsae_examples::cells {

/// A supervised yardstick for unsupervised latents: one linear probe for each class, fitted to 1 in the class and 0
/// elsewhere. Its scores are what an AUROC asks for; the largest is the predicted class.
class RidgeClassifier {
 public:
  /// \param samples    n_inputs x n, n >= 2, finite
  /// \param label      by sample, 0 to n_classes - 1
  /// \param n_classes  >= 1
  RidgeClassifier(const parsae::Matrix<float>& samples, parsae::Slice<const parsae::Index> label,
                  parsae::Index n_classes, const parsae::LinearProbeSettings& settings = {.ridge = 0.01})
      : probe_(samples, indicators(label, n_classes), settings) {}

  /// n_classes x n.
  [[nodiscard]] parsae::Matrix<double> scores(const parsae::Matrix<float>& samples) const {
    return probe_.predict(samples);
  }

 private:
  [[nodiscard]] static parsae::Matrix<float> indicators(parsae::Slice<const parsae::Index> label,
                                                        parsae::Index n_classes) {
    parsae::require_at_least("RidgeClassifier n_classes", n_classes, parsae::Index{1});
    parsae::Matrix<float> targets = parsae::Matrix<float>::Zero(n_classes, label.size());
    for (parsae::Index i = 0; i < label.size(); ++i) {
      parsae::require_between("RidgeClassifier label", label[i], parsae::Index{0}, n_classes - 1);
      targets(label[i], i) = 1;
    }
    return targets;
  }

  parsae::LinearProbe probe_;
};

}  // namespace parsae_examples::cells
