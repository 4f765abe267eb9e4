// SPDX-License-Identifier: MIT
// CASE_L0_WITHOUT_THRESHOLD: an L0-STE loss needs an activation with a learnable threshold, such as JumpReLU
// CASE_TARGET_WITHOUT_THRESHOLD: an L0-STE loss needs an activation with a learnable threshold, such as JumpReLU
// CASE_MDL_WITHOUT_THRESHOLD: an L0-STE loss needs an activation with a learnable threshold, such as JumpReLU
// CASE_OPTIMIZER_WITHOUT_STEP: the optimizer must satisfy OptimizerFor, see parsae/optim/optimizer.hpp
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/mdl.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/train_step.hpp>

struct NoSteps {
  static constexpr int n_moments = 1;
  struct Nothing {};
  template <class Scalar>
  Nothing begin_step(parsae::Index, double) const {
    return {};
  }
};

int main() {
#if defined(CASE_TARGET_WITHOUT_THRESHOLD)
  const parsae::Objective objective{parsae::MeanSquaredError(), parsae::NoAuxiliary(), parsae::TargetL0()};
#elif defined(CASE_MDL_WITHOUT_THRESHOLD)
  const parsae::Objective objective{parsae::MeanSquaredError(), parsae::NoAuxiliary(), parsae::MDL()};
#else
  const parsae::Objective objective{parsae::MeanSquaredError(), parsae::NoAuxiliary(), parsae::L0STE()};
#endif
#if defined(CASE_L0_WITHOUT_THRESHOLD) || defined(CASE_TARGET_WITHOUT_THRESHOLD) || defined(CASE_MDL_WITHOUT_THRESHOLD)
  using Activation = parsae::TopK<float>;
#else
  using Activation = parsae::JumpReLU<float>;
#endif
#if defined(CASE_OPTIMIZER_WITHOUT_STEP)
  const NoSteps optimizer;
#else
  const parsae::Adam optimizer;
#endif
  parsae::Autoencoder<Activation> model({.n_inputs = 8, .n_latents = 64});
  parsae::TrainStep step(model, objective, optimizer, 1000, parsae::Threads(1));
  return static_cast<int>(step.statistics().n_dead());
}
