// SPDX-License-Identifier: MIT
// JumpReLU with a target for L0.

#include <parsae/activations/jump_relu.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/model/initialize_thresholds.hpp>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {

/// A longer rise of the learning rate than others have: latents that overshoot before thresholds have settled stay
/// dead. The window narrows over three fifths of the run.
std::vector<Rule> jump_relu_rules() {
  using namespace parsae;
  return {{.name = "jumprelu", .stored_rate = 3.2e-2, .train = [](const Request& request) {
             const TargetL0 target({.target_l0 = request.target_l0});
             const auto set_thresholds = [&](Autoencoder<JumpReLU<float>>& model) {
               initialize_thresholds(model, request.data->train, request.target_l0, request.threads);
             };
             const JumpReLU<float> activation(
                 {.narrowing_batches = std::max<Index>(share_of(steps_of(request), 0.6), 1)});
             return train_and_measure(activation, Objective(MeanSquaredError(), NoAuxiliary(), target), request,
                                      {.before = set_thresholds, .warmup_fraction = 0.25});
           }}};
}

}  // namespace parsae_benchmarks
