// SPDX-License-Identifier: MIT
// Mutual Choice (= BatchTopK): k active latents a sample on average over a batch.

#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/aux_zipf.hpp>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {
namespace {

parsae::MutualChoice<float> mutual_choice(const Request& request) {
  return parsae::MutualChoice<float>({.k = request.target_l0});
}

}  // namespace

std::vector<Rule> mutual_choice_rules() {
  using parsae::MeanSquaredError;
  using parsae::Objective;
  return {{.name = "mutual_choice",
           .stored_rate = 1.6e-2,
           .train =
               [](const Request& request) {
                 return train_and_measure(mutual_choice(request), Objective(MeanSquaredError()), request);
               }},
          {.name = "mutual_choice+aux_k",
           .stored_rate = 1.6e-2,
           .train =
               [](const Request& request) {
                 return train_and_measure(mutual_choice(request), Objective(MeanSquaredError(), parsae::AuxK()), request);
               }},
          {.name = "mutual_choice+aux_zipf", .stored_rate = 1.6e-2, .train = [](const Request& request) {
             return train_and_measure(mutual_choice(request), Objective(MeanSquaredError(), parsae::AuxZipf()), request);
           }}};
}

}  // namespace parsae_benchmarks
