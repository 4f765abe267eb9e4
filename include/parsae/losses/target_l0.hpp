// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/losses/loss.hpp>

namespace parsae::inline PARSAE_ABI {

/// A target for L0 with a straight-through gradient (the quadratic loss of Rajamanoharan et al., arXiv 2407.14435):
///
///     L = weight (L0 / target_l0 - 1)^2,   L0 = active latents a sample, mean over the batch
///     dL/dH = 2 weight (L0 / target_l0 - 1) / (target_l0 batch)   at the gate of every stored entry
///
/// Thresholds rise while the codes are too dense and fall while they are too sparse, so no coefficient has to be
/// searched. What is left is an offset: at rest this gradient balances what one more latent saves in reconstruction
/// error, so with a loss of another scale than inputs of mean squared norm 1 have, the weight wants to grow with it.
///
/// The value belongs to no latent: each of the n_latents reports an equal part.
class TargetL0 {
 public:
  struct Settings {
    double target_l0 = 32;  ///< active latents a sample, 0 < target_l0 <= n_latents
    double weight = 1.5;    ///< >= 0; sum over inputs, mean over samples
  };

  static constexpr std::string_view name = "target_l0";
  static constexpr bool needs_threshold = true;

  TargetL0() : TargetL0(Settings()) {}
  explicit TargetL0(const Settings& settings) : settings_(settings) {
    require_positive("TargetL0 target_l0", settings.target_l0);
    require_not_negative("TargetL0 weight", settings.weight);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("target_l0", settings_.target_l0);
    visit("weight", settings_.weight);
  }

  [[nodiscard]] TargetL0 of_step(const CodeLossStep& step) const {
    if (settings_.target_l0 > static_cast<double>(step.n_latents))
      reject("TargetL0 target_l0", "at most n_latents = " + std::to_string(step.n_latents), settings_.target_l0);
    TargetL0 loss({settings_.target_l0, settings_.weight * step.coefficient_factor});
    loss.excess_ = step.l0 / settings_.target_l0 - 1;
    loss.n_latents_ = step.n_latents;
    return loss;
  }

  /// Of a loss that of_step() gave; before, L0 counts as on target.
  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar, Index batch,
                           LatentGradient<Scalar>& gradient) const {
    const auto d_gate =
        static_cast<Scalar>(2 * settings_.weight * excess_ / (settings_.target_l0 * static_cast<double>(batch)));
    for (Index e = 0; e < entries.size(); ++e) gradient.gate[e] += d_gate;
    return settings_.weight * excess_ * excess_ / static_cast<double>(n_latents_);
  }

 private:
  Settings settings_;
  double excess_ = 0;  ///< L0 / target_l0 - 1 of the step's batch
  Index n_latents_ = 1;
};

}  // namespace parsae::inline PARSAE_ABI
