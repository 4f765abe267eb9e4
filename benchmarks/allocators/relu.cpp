// SPDX-License-Identifier: MIT
// ReLU with a price on the sum of the code, which rises over the first three tenths of the run.

#include <parsae/activations/relu.hpp>
#include <parsae/losses/l1.hpp>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {

std::vector<Rule> relu_rules() {
  using namespace parsae;
  return {{.name = "relu_l1",
           .control = Rule::Control::Coefficient,
           .stored_rate = 6.4e-2,
           .stored_coefficient = 0.12,
           .train = [](const Request& request) {
             const L1 price({.coefficient = request.coefficient});
             return train_and_measure(ReLU<float>(), Objective(MeanSquaredError(), NoAuxiliary(), price), request,
                                      {.coefficient_warmup_fraction = 0.3});
           }}};
}

}  // namespace parsae_benchmarks
