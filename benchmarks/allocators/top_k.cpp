// SPDX-License-Identifier: MIT
// TopK: k active latents in every sample.

#include <parsae/allocators/top_k.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/aux_zipf.hpp>

#include <cmath>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {
namespace {

parsae::TopK<float> top_k(const Request& request) {
  return parsae::TopK<float>({.k = std::max<Index>(std::llround(request.target_l0), 1)});
}

}  // namespace

std::vector<Rule> top_k_rules() {
  using parsae::MeanSquaredError;
  using parsae::Objective;
  return {{.name = "topk",
           .stored_rate = 1.6e-2,
           .train =
               [](const Request& request) {
                 return train_and_measure(top_k(request), Objective(MeanSquaredError()), request);
               }},
          {.name = "topk+aux_k",
           .stored_rate = 1.6e-2,
           .train =
               [](const Request& request) {
                 return train_and_measure(top_k(request), Objective(MeanSquaredError(), parsae::AuxK()), request);
               }},
          {.name = "topk+aux_zipf", .stored_rate = 1.6e-2, .train = [](const Request& request) {
             return train_and_measure(top_k(request), Objective(MeanSquaredError(), parsae::AuxZipf()), request);
           }}};
}

}  // namespace parsae_benchmarks
