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

/// Penalties that reach their full weight after half of the run, or are there from the start.
enum class Penalty { Constant, Rising };

/// A longer rise of the learning rate than others have: latents that overshoot before thresholds have settled stay
/// dead.
template <class Loss>
Trained train_jump_relu(const Job& job, const Loss& loss, Penalty penalty = Penalty::Constant) {
  using Act = parsae::JumpReLU<float>;
  const auto set_thresholds = [&](parsae::Autoencoder<Act>& model) {
    parsae::initialize_thresholds(model, job.data->train, job.likely_l0(), job.threads);
  };
  return train_point(Act(), parsae::Objective(parsae::MeanSquaredError(), parsae::NoAuxiliary(), loss), job,
                     Hooks<Act>{.before = set_thresholds,
                                .warmup_fraction = 0.25,
                                .coefficient_warmup_fraction = penalty == Penalty::Rising ? 0.5 : 0.0});
}

Family l0_family(const std::string& name, Penalty penalty) {
  return {.name = name,
          .parameter_name = "coefficient",
          .first = 3.3e-3,
          .stored_rate = 3.2e-2,
          .step = fine_step,
          .train = [penalty](const Job& job) {
            return train_jump_relu(job, parsae::L0STE({.coefficient = job.parameter}), penalty);
          }};
}

Family mdl_family(const std::string& name, Penalty penalty) {
  return {.name = name,
          .parameter_name = "noise variance",
          .first = 4.2e-4,
          .stored_rate = 3.2e-2,
          .step = fine_step,
          .train = [penalty](const Job& job) {
            return train_jump_relu(job, parsae::MDL({.noise_variance = job.parameter}), penalty);
          }};
}

}  // namespace

std::vector<Family> jump_relu_families() {
  return {
      l0_family("jumprelu_l0", Penalty::Constant),
      l0_family("jumprelu_l0_rising", Penalty::Rising),
      {.name = "jumprelu_target_l0",
       .parameter_name = "target",
       .first = 16,
       .grid = Family::Grid::Falling,
       .stored_rate = 3.2e-2,
       .train = [](const Job& job) { return train_jump_relu(job, parsae::TargetL0({.target_l0 = job.likely_l0()})); }},
      mdl_family("jumprelu_mdl", Penalty::Constant),
      mdl_family("jumprelu_mdl_rising", Penalty::Rising)};
}

}  // namespace parsae_benchmarks::description_length
