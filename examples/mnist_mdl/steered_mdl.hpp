// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/mdl.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/train/train_progress.hpp>

#include <algorithm>
#include <cmath>

namespace parsae_examples {

using parsae::Index;

/// An MDL whose noise may change between two steps: it takes it from a number that somebody else holds.
class SteeredMdl {
 public:
  static constexpr std::string_view name = "mdl";
  static constexpr bool needs_threshold = true;
  static constexpr bool needs_value_moments = true;

  /// \param noise_variance  sigma^2 > 0 of MDL, read in every step; outlives the loss
  explicit SteeredMdl(const double& noise_variance)
      : noise_variance_(&noise_variance), loss_({.noise_variance = noise_variance}) {}

  [[nodiscard]] SteeredMdl of_step(const parsae::CodeLossStep& step) const {
    SteeredMdl steered(*noise_variance_);
    steered.loss_ = steered.loss_.of_step(step);
    return steered;
  }

  template <class Scalar>
  [[nodiscard]] double add(const parsae::LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                           parsae::LatentGradient<Scalar>& gradient) const {
    return loss_.add(entries, decoder_norm, batch, gradient);
  }

 private:
  const double* noise_variance_;
  parsae::MDL loss_;
};

/// Finds the noise of an MDL that ends at a wanted FVU: it is the multiplier of the constraint FVU <= target, so it
/// rises while the held-out images are reconstructed better than that and falls while they are worse,
///
///     log sigma^2 <- log sigma^2 + step (log (target (1 + still_to_learn r)) - log FVU),
///
/// every `interval` training steps from `start` of the run on, with r the share of the run that is left. Before,
/// latents are still looking for their places and the FVU says little; what the rest of the run will still learn at a
/// constant noise is left out of the difference. The step shrinks with the learning rate: thresholds answer more slowly
/// then.
struct NoiseSteering {
  static constexpr Index interval = 10;  ///< training steps
  static constexpr double start = 0.35;  ///< share of the run
  static constexpr double step = 0.5;
  static constexpr double least_share_of_step = 0.25;
  static constexpr double most_change = 0.3;      ///< of log sigma^2 at once
  static constexpr double still_to_learn = 0.15;  ///< of the FVU, measured on digits at bounds of 0.3 to 0.5

  [[nodiscard]] static bool is_due(const parsae::TrainProgress& progress) {
    return progress.step % interval == 0 && done(progress) >= start;
  }

  /// sigma^2 from now on.
  /// \param rate_factor  the learning rate as a share of its peak
  [[nodiscard]] static double next(double noise_variance, double fvu, double target_fvu, double rate_factor,
                                   const parsae::TrainProgress& progress) {
    if (!(fvu > 0)) return noise_variance * std::exp(most_change);
    const double wanted = target_fvu * (1 + still_to_learn * (1 - done(progress)));
    const double change = step * std::max(rate_factor, least_share_of_step) * std::log(wanted / fvu);
    return noise_variance * std::exp(std::clamp(change, -most_change, most_change));
  }

 private:
  [[nodiscard]] static double done(const parsae::TrainProgress& progress) {
    return static_cast<double>(progress.step) / static_cast<double>(progress.total_steps);
  }
};

}  // namespace parsae_examples
