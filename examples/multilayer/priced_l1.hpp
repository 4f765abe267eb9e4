// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/l1.hpp>
#include <parsae/train/train_progress.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace parsae_examples::multilayer {

/// L1 whose coefficient somebody else holds and may change between steps; see L1Thermostat.
class PricedL1 {
 public:
  static constexpr std::string_view name = "priced_l1";
  static constexpr bool needs_threshold = false;

  explicit PricedL1(std::shared_ptr<const double> coefficient) : coefficient_(std::move(coefficient)) {}

  [[nodiscard]] PricedL1 of_step(const parsae::CodeLossStep& step) const {
    PricedL1 loss(coefficient_);
    loss.price_ = parsae::L1({.coefficient = *coefficient_ * step.coefficient_factor});
    return loss;
  }

  template <class Scalar>
  [[nodiscard]] double add(const parsae::LatentEntries<Scalar>& entries, Scalar decoder_norm, parsae::Index batch,
                           parsae::LatentGradient<Scalar>& gradient) const {
    return price_.add(entries, decoder_norm, batch, gradient);
  }

 private:
  std::shared_ptr<const double> coefficient_;
  parsae::L1 price_;
};

/// Chooses the coefficient of L1 while a ReLU SAE is trained, so that it ends at a wanted L0: a callback that raises
/// the logarithm of the price after each step by gain * log(L0 / target), where the batch's L0 is the one of that step.
/// One run in place of a search over coefficients.
class L1Thermostat {
 public:
  struct Settings {
    double target_l0 = 16;           ///< > 0
    double first_coefficient = 0.1;  ///< > 0
    double gain = 0.02;              ///< a step; > 0
    parsae::Index first_step = 0;    ///< nothing is changed before: the first codes are dense whatever the price
  };

  explicit L1Thermostat(const Settings& settings)
      : settings_(settings), coefficient_(std::make_shared<double>(settings.first_coefficient)) {
    parsae::require_positive("L1Thermostat target_l0", settings.target_l0);
    parsae::require_positive("L1Thermostat first_coefficient", settings.first_coefficient);
    parsae::require_positive("L1Thermostat gain", settings.gain);
  }

  [[nodiscard]] PricedL1 loss() const { return PricedL1(coefficient_); }
  [[nodiscard]] double coefficient() const { return *coefficient_; }

  void on_step_end(const parsae::TrainProgress& progress) {
    if (progress.step < settings_.first_step) return;
    // A code of nothing, or of nearly everything, says only which way to go.
    const double error = std::clamp(std::log(std::max(progress.l0, 1e-3) / settings_.target_l0), -1.0, 1.0);
    *coefficient_ *= std::exp(settings_.gain * error);
  }

 private:
  Settings settings_;
  std::shared_ptr<double> coefficient_;
};

}  // namespace parsae_examples::multilayer
