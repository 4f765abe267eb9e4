// SPDX-License-Identifier: MIT
// JumpReLU, trained on L0 at a coefficient, on a target for L0, and on the bits of its code.

#include <parsae/activations/jump_relu.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/mdl.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/model/initialize_thresholds.hpp>

#include "family.hpp"
#include "train_point.hpp"

namespace parsae_benchmarks::description_length {
namespace {

/// A price per latent or bit moves L0 by more than its own factor.
constexpr double fine_step = 1.18920711500272107;

/// A longer rise of the learning rate than others have: latents that overshoot before thresholds have settled stay
/// dead.
template <class Loss>
Trained train_jump_relu(const Job& job, const Loss& loss) {
  using Act = parsae::JumpReLU<float>;
  const auto set_thresholds = [&](parsae::Autoencoder<Act>& model) {
    parsae::initialize_thresholds(model, job.data->train, job.likely_l0(), job.threads);
  };
  return train_point(Act(), parsae::Objective(parsae::MeanSquaredError(), parsae::NoAuxiliary(), loss), job,
                     Hooks<Act>{.before = set_thresholds, .warmup_fraction = 0.25});
}

}  // namespace

std::vector<Family> jump_relu_families() {
  using namespace parsae;
  return {{.name = "jumprelu_l0",
           .parameter_name = "coefficient",
           .first = 3.3e-3,
           .stored_rate = 3.2e-2,
           .step = fine_step,
           .train = [](const Job& job) { return train_jump_relu(job, L0STE({.coefficient = job.parameter})); }},
          {.name = "jumprelu_target_l0",
           .parameter_name = "target",
           .first = 16,
           .grid = Family::Grid::Falling,
           .stored_rate = 3.2e-2,
           .train = [](const Job& job) { return train_jump_relu(job, TargetL0({.target_l0 = job.likely_l0()})); }},
          {.name = "jumprelu_mdl",
           .parameter_name = "noise variance",
           .first = 4.2e-4,
           .stored_rate = 3.2e-2,
           .step = fine_step,
           .train = [](const Job& job) { return train_jump_relu(job, MDL({.noise_variance = job.parameter})); }}};
}

}  // namespace parsae_benchmarks::description_length
