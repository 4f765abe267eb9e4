// SPDX-License-Identifier: MIT
// Four sparsity rules, trained by one recipe.

#include "training.hpp"

#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/model/initialize_thresholds.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/threshold_calibration.hpp>
#include <parsae/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "priced_l1.hpp"

namespace parsae_examples::multilayer {
namespace {

using namespace parsae;

constexpr Index batch_size = 1024;

struct Plan {
  Index batch = batch_size;
  Index steps = 1;

  Plan(Index n_samples, const SaeRecipe& recipe) : batch(std::min(batch_size, n_samples)) {
    const double wanted = recipe.passes * static_cast<double>(n_samples) / static_cast<double>(batch);
    steps = std::max<Index>(std::llround(wanted), 1);
  }

  [[nodiscard]] Index share(double part) const {
    return std::max<Index>(static_cast<Index>(part * static_cast<double>(steps)), 1);
  }
};

struct StopWhenAsked {
  const OnProgress& on_progress;

  CallbackAction on_step_end(const TrainProgress& progress) const {
    const double share = static_cast<double>(progress.step) / static_cast<double>(progress.total_steps);
    return on_progress(share) ? CallbackAction::Continue : CallbackAction::Stop;
  }
};

/// b_dec = the mean sample, scale = 1 / root mean squared norm about it.
template <class Act>
Autoencoder<Act> initialized(const Act& rule, const Matrix<float>& samples, const SaeRecipe& recipe) {
  Autoencoder<Act> sae({.n_inputs = samples.rows(), .n_latents = recipe.n_latents}, rule);
  initialize(sae, samples, {.seed = recipe.seed, .scaling = InputScaling::None});
  const Vector<float> mean = sae.decoder.b_dec;
  double squares = 0;
  for (Index i = 0; i < samples.cols(); ++i) squares += static_cast<double>((samples.col(i) - mean).squaredNorm());
  const double scale = std::sqrt(static_cast<double>(samples.cols()) / squares);
  if (std::isfinite(scale) && scale > 0) sae.input_scale = sae.output_scale = static_cast<float>(scale);
  sae.decoder.b_dec *= sae.input_scale;
  return sae;
}

struct Rates {
  double learning_rate = 0;       // with up to 512 latents
  double warmup = 0.1;            // of the run
  double coefficient_warmup = 0;  // of the run
};

TrainSettings settings_of(const Plan& plan, const SaeRecipe& recipe, const Rates& rates) {
  TrainSettings settings;
  settings.steps = plan.steps;
  settings.learning_rate =
      rates.learning_rate * std::sqrt(512.0 / static_cast<double>(std::max<Index>(recipe.n_latents, 512)));
  settings.learning_rate_schedule = {.warmup_steps = plan.share(rates.warmup), .decay_fraction = 0.2};
  if (rates.coefficient_warmup > 0)
    settings.coefficient_schedule = {.warmup_steps = plan.share(rates.coefficient_warmup)};
  settings.dead_after_samples = settings.density_window_samples = std::max(plan.steps * plan.batch / 15, plan.batch);
  settings.threads = recipe.threads;
  return settings;
}

/// False where on_progress stopped it.
template <class Act, class AnyObjective, class Source, class... Callbacks>
bool train(Autoencoder<Act>& sae, const AnyObjective& objective, Source& source, const TrainSettings& settings,
           const std::string& rule, const OnProgress& on_progress, Callbacks&... callbacks) {
  Trainer trainer(sae, objective, Adam(), settings);
  const TrainReport report = trainer.train(source, callbacks..., StopWhenAsked{on_progress});
  if (report.reason == StopReason::StoppedByCallback) return false;
  if (report.reason != StopReason::Completed)
    throw std::runtime_error("the SAE of rule " + rule + " with " + std::to_string(sae.n_latents()) + " latents " +
                             report.message);
  return true;
}

template <class Act, class AnyObjective, class... Callbacks>
std::optional<AnyAutoencoder> trained(Autoencoder<Act> sae, const AnyObjective& objective, const Matrix<float>& samples,
                                      const SaeRecipe& recipe, const Rates& rates, const OnProgress& on_progress,
                                      Callbacks&... callbacks) {
  const Plan plan(samples.cols(), recipe);
  MatrixSource<float> source(samples, {.batch_size = plan.batch, .seed = recipe.seed});
  if (!train(sae, objective, source, settings_of(plan, recipe, rates), recipe.rule, on_progress, callbacks...))
    return std::nullopt;
  if constexpr (CalibratedActivation<Act>) {
    MatrixSource<float> again(samples, {.batch_size = plan.batch, .seed = recipe.seed + 1});
    calibrate_thresholds(sae, again, {.samples = std::min<Index>(samples.cols(), 50'000), .threads = recipe.threads});
  }
  return with_inference_rule(sae);
}

constexpr Rates top_k_rates{.learning_rate = 1.6e-2};

std::optional<AnyAutoencoder> train_jump_relu(const Matrix<float>& samples, const SaeRecipe& recipe,
                                              const OnProgress& on_progress) {
  const JumpReLU<float> rule({.narrowing_batches = Plan(samples.cols(), recipe).share(0.6)});
  Autoencoder<JumpReLU<float>> sae = initialized(rule, samples, recipe);
  initialize_thresholds(sae, samples, recipe.l0, recipe.threads);
  return trained(std::move(sae), Objective(MeanSquaredError(), NoAuxiliary(), TargetL0({.target_l0 = recipe.l0})),
                 samples, recipe, {.learning_rate = 3.2e-2, .warmup = 0.25}, on_progress);
}

std::optional<AnyAutoencoder> train_relu(const Matrix<float>& samples, const SaeRecipe& recipe,
                                         const OnProgress& on_progress) {
  const Plan plan(samples.cols(), recipe);
  L1Thermostat thermostat({.target_l0 = recipe.l0,
                           .first_coefficient = 0.12 * 16 / recipe.l0,
                           .gain = std::clamp(8 / static_cast<double>(plan.steps), 0.02, 0.2),
                           .first_step = plan.share(0.3)});
  return trained(initialized(ReLU<float>(), samples, recipe),
                 Objective(MeanSquaredError(), NoAuxiliary(), thermostat.loss()), samples, recipe,
                 {.learning_rate = 6.4e-2, .coefficient_warmup = 0.3}, on_progress, thermostat);
}

}  // namespace

std::optional<AnyAutoencoder> train_sae(const Matrix<float>& samples, const SaeRecipe& recipe,
                                        const OnProgress& on_progress) {
  if (recipe.rule == "topk")
    return trained(initialized(TopK<float>({.k = std::llround(recipe.l0)}), samples, recipe),
                   Objective(MeanSquaredError(), AuxK()), samples, recipe, top_k_rates, on_progress);
  if (recipe.rule == "mutual_choice")
    return trained(initialized(MutualChoice<float>({.k = recipe.l0}), samples, recipe), Objective(MeanSquaredError()),
                   samples, recipe, {.learning_rate = 1.6e-2}, on_progress);
  if (recipe.rule == "jumprelu") return train_jump_relu(samples, recipe, on_progress);
  if (recipe.rule == "relu_l1") return train_relu(samples, recipe, on_progress);
  reject("rule", "topk, mutual_choice, jumprelu or relu_l1", recipe.rule);
}

std::optional<AnyAutoencoder> train_multilayer_sae(LayeredSource<float>& source, Index tokens_per_batch,
                                                   const SaeRecipe& recipe, const OnProgress& on_progress) {
  constexpr Index tokens_to_begin_with = 8192;
  Autoencoder<TopK<float>> sae =
      initialized(TopK<float>({.k = std::llround(recipe.l0)}), source.first_samples(tokens_to_begin_with), recipe);
  Plan plan(source.n_tokens() * source.n_layers(), recipe);
  plan.batch = tokens_per_batch * source.n_layers();
  plan.steps = std::max<Index>(
      std::llround(recipe.passes * static_cast<double>(source.n_tokens()) / static_cast<double>(tokens_per_batch)), 1);
  if (!train(sae, Objective(MeanSquaredError(), AuxK()), source, settings_of(plan, recipe, top_k_rates), recipe.rule,
             on_progress))
    return std::nullopt;
  return with_inference_rule(sae);
}

}  // namespace parsae_examples::multilayer
