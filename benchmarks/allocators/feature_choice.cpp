// SPDX-License-Identifier: MIT
// Feature Choice: every latent has a budget of samples.

#include <parsae/allocators/feature_choice.hpp>
#include <parsae/losses/aux_k.hpp>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {
namespace {

using Act = parsae::FeatureChoice<float>;

/// The same budget for each latent, from the first batch on.
Measured train_uniform(const Request& request) {
  return train_and_measure(Act({.k = request.target_l0}), parsae::Objective(parsae::MeanSquaredError()), request,
                           {.after = calibrated_on<Act>(request)});
}

/// Budgets by rank, after Mutual Choice for half of the steps. A latent without positive pre-activations is dead
/// with any budget: such latents get new lives, before the freeze so that they have a rank, and after it once the
/// others have had the time to show themselves.
template <class Objective>
Measured train_zipf(const Objective& objective, const Request& request) {
  const Act activation({.k = request.target_l0,
                        .budgets = parsae::Budgets::Zipf,
                        .mutual_choice_batches = std::max<Index>(share_of(steps_of(request), 0.5), 1)});
  return train_and_measure(activation, objective, request,
                           {.after = calibrated_on<Act>(request), .revive_at = {0.15, 0.3, 0.45, 0.6, 0.7, 0.8}});
}

}  // namespace

std::vector<Rule> feature_choice_rules() {
  using parsae::MeanSquaredError;
  using parsae::Objective;
  return {{.name = "feature_choice_uniform", .stored_rate = 1.6e-2, .train = train_uniform},
          {.name = "feature_choice_zipf",
           .stored_rate = 1.6e-2,
           .train = [](const Request& request) { return train_zipf(Objective(MeanSquaredError()), request); }},
          {.name = "feature_choice_zipf+aux_k", .stored_rate = 1.6e-2, .train = [](const Request& request) {
             return train_zipf(Objective(MeanSquaredError(), parsae::AuxK()), request);
           }}};
}

}  // namespace parsae_benchmarks
