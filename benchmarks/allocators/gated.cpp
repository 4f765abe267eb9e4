// SPDX-License-Identifier: MIT
// Gated SAEs: a price on open gates, which reconstruct on their own through a frozen decoder. The price rises over the
// first three tenths of the run: at full height from the start it closes gates for good that have learned nothing yet.

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
           .stored_rate = 8e-3,
           .stored_coefficient = 0.25,
           .train = [](const Request& request) {
             const GateL1 price({.coefficient = request.coefficient});
             return train_and_measure(Gated<float>(), Objective(MeanSquaredError(), GateReconstruction(), price),
                                      request, {.coefficient_warmup_fraction = 0.3});
           }}};
}

}  // namespace parsae_benchmarks
