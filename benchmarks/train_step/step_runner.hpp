// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/trainer.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "methods.hpp"
#include "step_request.hpp"
#include "weights_file.hpp"

namespace parsae_benchmarks {

/// One method ready to step, whatever its activation and losses are.
class StepRunner {
 public:
  StepRunner() = default;
  StepRunner(const StepRunner&) = delete;
  StepRunner& operator=(const StepRunner&) = delete;
  virtual ~StepRunner() = default;

  /// Wall time of one step, in seconds.
  virtual double step(const parsae::Batch<float>& batch) = 0;
  [[nodiscard]] virtual const parsae::TrainProgress& progress() const = 0;
  /// How often screened walks could not rule out an entry; null for exact ones.
  [[nodiscard]] virtual nlohmann::ordered_json screening() const = 0;
};

namespace detail {

inline constexpr Index never = std::numeric_limits<Index>::max();

[[nodiscard]] inline nlohmann::ordered_json to_json(const parsae::ScreeningReport& report) {
  return {{"int8_walks", report.int8_walks}, {"bf16_walks", report.bf16_walks}, {"exact_walks", report.exact_walks},
          {"samples", report.samples},       {"survivors", report.survivors},   {"rescored", report.rescored}};
}

[[nodiscard]] inline parsae::TrainSettings train_settings(const StepRequest& request, parsae::Precision precision,
                                                          Index dead_after_samples, parsae::Threads threads) {
  parsae::TrainSettings settings;
  settings.steps = never;
  settings.learning_rate = request.learning_rate;
  settings.dead_after_samples = dead_after_samples;
  settings.threads = threads;
  settings.precision = precision;
  return settings;
}

template <class Act>
[[nodiscard]] parsae::Autoencoder<Act> load_model(const StepRequest& request, const Act& activation) {
  parsae::Autoencoder<Act> model({.n_inputs = request.size.d, .n_latents = request.size.n}, activation);
  FloatReader in(request.weights);
  for_each_weight(model, [&](parsae::Slice<float> values) { in.read(values); });
  return model;
}

template <class Act, class Objective>
class TrainerRunner final : public StepRunner {
 public:
  TrainerRunner(parsae::Autoencoder<Act>&& model, const Objective& objective, const parsae::TrainSettings& settings,
                parsae::Precision precision)
      : model_(std::move(model)), trainer_(model_, objective, parsae::Adam(), settings), precision_(precision) {}

  double step(const parsae::Batch<float>& batch) override {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    const std::string_view not_finite = trainer_.step(batch);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (!not_finite.empty()) throw std::runtime_error(std::string(not_finite) + " is not finite");
    return seconds;
  }

  [[nodiscard]] const parsae::TrainProgress& progress() const override { return trainer_.progress(); }

  [[nodiscard]] nlohmann::ordered_json screening() const override {
    return precision_ == parsae::Precision::Screened ? to_json(trainer_.state().screening()) : nlohmann::ordered_json();
  }

 private:
  parsae::Autoencoder<Act> model_;
  parsae::Trainer<Act, Objective, parsae::Adam> trainer_;
  parsae::Precision precision_;
};

/// Half of the latents encode so weakly that the other half always wins: dead for real after two batches, and yet with
/// the positive pre-activations that AuxK picks from.
template <class Act>
void silence_every_second_latent(parsae::Autoencoder<Act>& model) {
  for (Index j = 1; j < model.n_latents(); j += 2) model.encoder.w_enc.col(j) *= 0.05F;
}

}  // namespace detail

/// The model of `request` with the activation, losses and precision that `method` names.
[[nodiscard]] inline std::unique_ptr<StepRunner> make_runner(const std::string& method, const StepRequest& request,
                                                             parsae::Threads threads) {
  using namespace parsae;
  const Precision precision = precision_of(method);
  const auto runner = [&](auto&& model, const auto& objective,
                          Index dead_after_samples) -> std::unique_ptr<StepRunner> {
    using Model = std::decay_t<decltype(model)>;
    using Loss = std::decay_t<decltype(objective)>;
    return std::make_unique<detail::TrainerRunner<typename Model::ActivationType, Loss>>(
        std::move(model), objective, detail::train_settings(request, precision, dead_after_samples, threads),
        precision);
  };
  const Objective with_aux{MeanSquaredError(), AuxK()};
  const std::string_view family = family_of(method);
  if (family == "topk" || family == "topk-auxk") {
    Autoencoder model = detail::load_model(request, TopK<float>({.k = request.size.k}));
    if (family == "topk") return runner(std::move(model), with_aux, detail::never);
    detail::silence_every_second_latent(model);
    return runner(std::move(model), with_aux, 2 * request.size.batch);
  }
  if (family == "mutual-choice")
    return runner(detail::load_model(request, MutualChoice<float>({.k = static_cast<double>(request.size.k)})),
                  with_aux, detail::never);
  // The window of a run narrows from two standard deviations to half of one, and stores about as much as with one.
  if (family == "jumprelu")
    return runner(
        detail::load_model(
            request,
            JumpReLU<float>({.initial_threshold = request.threshold, .relative_bandwidth = 1, .narrowed_to = 1})),
        Objective(MeanSquaredError(), NoAuxiliary(), L0STE()), detail::never);
  if (family == "relu")
    return runner(detail::load_model(request, ReLU<float>()), Objective(MeanSquaredError(), NoAuxiliary(), L1()),
                  detail::never);
  reject("method", "one of the names in --help", method);
}

}  // namespace parsae_benchmarks
