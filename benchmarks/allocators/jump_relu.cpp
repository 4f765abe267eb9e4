// SPDX-License-Identifier: MIT
// JumpReLU with a price on each active latent.

#include <parsae/activations/jump_relu.hpp>
#include <parsae/losses/l0_ste.hpp>

#include <cmath>
#include <vector>

#include "rules.hpp"
#include "train_rule.hpp"

namespace parsae_benchmarks {
namespace {

/// What the pre-activations of an initialized model look like.
struct PreActs {
  double deviation = 0;
  double threshold = 0;  ///< that leaves the target L0 active
};

/// Rows of a model that is initialized as training will initialize it.
PreActs look_at_start(const Request& request) {
  using namespace parsae;
  const Matrix<float>& train = request.data->train;
  Autoencoder<JumpReLU<float>> model({.n_inputs = train.rows(), .n_latents = request.n_latents});
  initialize(model, train, {.seed = request.seed});
  Matrix<float> centered;
  model.encoder.center(train.leftCols(std::min<Index>(train.cols(), 1024)), model.input_scale, model.decoder.b_dec,
                       request.threads, centered);
  Matrix<float> pre_acts(request.n_latents, centered.cols());
  pre_acts.noalias() = model.encoder.w_enc.transpose() * centered;
  PreActs found;
  found.deviation = std::sqrt(static_cast<double>((pre_acts.array() - pre_acts.mean()).square().mean()));
  std::vector<float> values(pre_acts.data(), pre_acts.data() + pre_acts.size());
  const double share = std::min(request.target_l0 / static_cast<double>(request.n_latents), 1.0);
  const auto place = std::min(static_cast<std::size_t>(share * static_cast<double>(values.size())), values.size() - 1);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), at, values.end(), std::greater<>());
  found.threshold = std::max(static_cast<double>(*at), 0.0);
  return found;
}

}  // namespace

/// Thresholds start where they leave the target L0 active, with a bandwidth of one standard deviation of the
/// pre-activations: far narrower ones hardly learn in a short run.
std::vector<Rule> jump_relu_rules() {
  using namespace parsae;
  return {{.name = "jumprelu",
           .control = Rule::Control::Coefficient,
           .stored_rate = 1.6e-2,
           .stored_coefficient = 7e-3,
           .train = [](const Request& request) {
             const PreActs start = look_at_start(request);
             const JumpReLU<float> activation(
                 {.initial_threshold = start.threshold, .bandwidth = std::max(start.deviation, 1e-6)});
             const L0STE price({.coefficient = request.coefficient});
             return train_and_measure(activation, Objective(MeanSquaredError(), NoAuxiliary(), price), request,
                                      {.warmup_steps = 100});
           }}};
}

}  // namespace parsae_benchmarks
