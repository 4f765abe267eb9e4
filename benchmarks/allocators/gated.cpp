// SPDX-License-Identifier: MIT
// Gated SAEs: a price on open gates, which reconstruct on their own through a frozen decoder.

#include <parsae/activations/gated.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {

std::vector<Rule> gated_rules() {
  using namespace parsae;
  return {{.name = "gated",
           .control = Rule::Control::Coefficient,
           .stored_rate = 1.6e-2,
           .stored_coefficient = 0.19,
           .train = [](const Request& request) {
             const GateL1 price({.coefficient = request.coefficient});
             return train_and_measure(Gated<float>(), Objective(MeanSquaredError(), GateReconstruction(), price),
                                      request);
           }}};
}

}  // namespace parsae_benchmarks
