// SPDX-License-Identifier: MIT
// CASE_GATE_L1_WITHOUT_GATE: GateL1 and GateReconstruction need an activation with a gate, such as Gated
// CASE_GATE_RECONSTRUCTION_WITHOUT_GATE: GateL1 and GateReconstruction need an activation with a gate, such as Gated
// CASE_GATE_NEVER_TRAINED: nothing would train the gate of this activation: it needs GateReconstruction and GateL1
// CASE_L0_WITH_GATED: an L0-STE loss needs an activation with a learnable threshold, such as JumpReLU
#include <parsae/activations/gated.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/train_step.hpp>

int main() {
  using parsae::MeanSquaredError;
#if defined(CASE_GATE_L1_WITHOUT_GATE)
  using Activation = parsae::ReLU<float>;
  const parsae::Objective objective{MeanSquaredError(), parsae::NoAuxiliary(), parsae::GateL1()};
#elif defined(CASE_GATE_RECONSTRUCTION_WITHOUT_GATE)
  using Activation = parsae::ReLU<float>;
  const parsae::Objective objective{MeanSquaredError(), parsae::GateReconstruction()};
#elif defined(CASE_GATE_NEVER_TRAINED)
  using Activation = parsae::Gated<float>;
  const parsae::Objective objective{MeanSquaredError(), parsae::AuxK(), parsae::L1()};
#elif defined(CASE_L0_WITH_GATED)
  using Activation = parsae::Gated<float>;
  const parsae::Objective objective{MeanSquaredError(), parsae::GateReconstruction(), parsae::L0STE()};
#else
  using Activation = parsae::Gated<float>;
  const parsae::Objective objective{MeanSquaredError(), parsae::GateReconstruction(), parsae::GateL1()};
#endif
  parsae::Autoencoder<Activation> model({.n_inputs = 8, .n_latents = 64});
  parsae::TrainStep step(model, objective, parsae::Adam(), 1000, parsae::Threads(1));
  return static_cast<int>(step.statistics().n_dead());
}
