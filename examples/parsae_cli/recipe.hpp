// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/model/initialize_thresholds.hpp>
#include <parsae/train/trainer.hpp>

#include <cmath>
#include <type_traits>

#include "plan.hpp"

namespace parsae_cli {

/// What a rule needs to be trained: recipe(ActivationType<Act>(), ...) overloads, one set for each rule.
///
/// - `activation_of(type, sae, plan)`: the activation.
/// - `with_objective(type, options, sae, visit)`: visit(objective).
/// - `prepare(model, samples, sae, threads)`: what follows initialize().
/// - `revival_of(type, plan)`: when dead latents get a new life.

[[nodiscard]] inline parsae::TopK<float> activation_of(ActivationType<parsae::TopK<float>>, const TrainOptions&,
                                                       const SaePlan& sae, const TrainPlan&) {
  return parsae::TopK<float>({.k = static_cast<Index>(sae.k)});
}
[[nodiscard]] inline parsae::MutualChoice<float> activation_of(ActivationType<parsae::MutualChoice<float>>,
                                                               const TrainOptions&, const SaePlan& sae,
                                                               const TrainPlan&) {
  return parsae::MutualChoice<float>({.k = sae.k});
}
/// Budgets by rank follow Mutual Choice for half of the steps, which measures the ranks.
[[nodiscard]] inline parsae::FeatureChoice<float> activation_of(ActivationType<parsae::FeatureChoice<float>>,
                                                                const TrainOptions& options, const SaePlan& sae,
                                                                const TrainPlan& plan) {
  if (options.budgets == "uniform") return parsae::FeatureChoice<float>({.k = sae.k});
  return parsae::FeatureChoice<float>({.k = sae.k,
                                       .budgets = parsae::Budgets::Zipf,
                                       .mutual_choice_batches = std::clamp<Index>(plan.steps / 2, 1, Index{1} << 24)});
}
/// The window is narrow for the last two fifths of the steps.
[[nodiscard]] inline parsae::JumpReLU<float> activation_of(ActivationType<parsae::JumpReLU<float>>, const TrainOptions&,
                                                           const SaePlan&, const TrainPlan& plan) {
  return parsae::JumpReLU<float>({.narrowing_batches = std::clamp<Index>(plan.steps * 3 / 5, 1, Index{1} << 24)});
}
template <class Act>
[[nodiscard]] Act activation_of(ActivationType<Act>, const TrainOptions&, const SaePlan&, const TrainPlan&) {
  return Act();
}

namespace detail {

template <class Act>
inline constexpr bool learns_from_residual =
    std::is_same_v<Act, parsae::TopK<float>> || std::is_same_v<Act, parsae::MutualChoice<float>>;

}  // namespace detail

/// Calls visit(objective) with the training loss of a rule.
template <class Act, class Visit>
auto with_objective(ActivationType<Act>, const TrainOptions& options, const SaePlan& sae, const Visit& visit) {
  using namespace parsae;
  const MeanSquaredError error;
  if constexpr (std::is_same_v<Act, JumpReLU<float>>) {
    return visit(Objective(error, NoAuxiliary(), TargetL0({.target_l0 = sae.k})));
  } else if constexpr (std::is_same_v<Act, Gated<float>>) {
    return visit(Objective(error, GateReconstruction(), GateL1({.coefficient = sae.l1})));
  } else if constexpr (std::is_same_v<Act, ReLU<float>>) {
    return visit(Objective(error, NoAuxiliary(), L1({.coefficient = sae.l1})));
  } else if constexpr (detail::learns_from_residual<Act>) {
    if (options.aux_k == 0) return visit(Objective(error));
    return visit(
        Objective(error, AuxK({.coefficient = options.aux_coefficient, .k_aux = std::max<Index>(options.aux_k, 0)})));
  } else {
    return visit(Objective(error));
  }
}

/// Starting values. \param samples  some of the activations, n_inputs x n
template <class Act>
void set_starting_values(parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples, const SaePlan& sae,
                         parsae::Threads threads) {
  parsae::initialize(model, samples, {.seed = sae.seed});
  if constexpr (parsae::HasThresholds<Act>) parsae::initialize_thresholds(model, samples, sae.k, threads);
}

/// Latents that are dead when Feature Choice takes their ranks would stay so with any budget: they get new lives
/// before, and after it those that did not use theirs.
template <class Act>
[[nodiscard]] parsae::RevivalSettings revival_of(ActivationType<Act>, const TrainOptions& options, const SaePlan& sae,
                                                 const TrainPlan& plan) {
  parsae::RevivalSettings revival;
  revival.seed = sae.seed;
  if constexpr (std::is_same_v<Act, parsae::FeatureChoice<float>>)
    if (options.budgets == "zipf")
      for (const Index percent : {15, 30, 45, 60, 70, 80})
        revival.at_steps.push_back(std::max<Index>(plan.steps * percent / 100, 1));
  return revival;
}

template <class Act>
[[nodiscard]] parsae::TrainSettings train_settings_of(ActivationType<Act> type, const TrainOptions& options,
                                                      const SaePlan& sae, const TrainPlan& plan) {
  parsae::TrainSettings settings;
  settings.steps = plan.steps;
  settings.learning_rate = sae.learning_rate;
  settings.learning_rate_schedule = {.warmup_steps = sae.warmup_steps, .decay_fraction = options.decay};
  if (options.clip > 0) settings.max_gradient_norm = options.clip;
  settings.dead_after_samples = settings.density_window_samples = plan.dead_after;
  settings.revival = revival_of(type, options, sae, plan);
  settings.threads = parsae::Threads(options.threads);
  settings.precision = options.precision == "exact" ? parsae::Precision::Exact : parsae::Precision::Screened;
  return settings;
}

}  // namespace parsae_cli
