// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/matrix_source.hpp>
#include <parsae/io/checkpoint.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>

#include <support/superposition.hpp>

#include <map>
#include <string>

namespace parsae::test {

constexpr Index fixture_inputs = 16;

[[nodiscard]] inline const Matrix<float>& fixture_samples() {
  static const Matrix<float> samples = superposition<float>(fixture_inputs, 32, 3, 2000, 11);
  return samples;
}

/// Settings in which everything that could be forgotten happens: warm-up, decay, clipping, dead latents, a ranking of
/// densities, and a revival.
[[nodiscard]] inline TrainSettings fixture_settings(Index steps, int threads) {
  TrainSettings settings{.steps = steps,
                         .learning_rate = 3e-3,
                         .max_gradient_norm = 0.3,
                         .dead_after_samples = 600,
                         .density_window_samples = 600,
                         .threads = Threads(threads)};
  settings.learning_rate_schedule = {.warmup_steps = steps / 4, .decay_fraction = 0.5};
  settings.coefficient_schedule = {.warmup_steps = steps * 3 / 4};
  settings.revival = {.at_steps = {steps / 4, steps * 3 / 4}, .seed = 3};
  return settings;
}

/// Model, trainer and source of one run; the model is all zeros until start() or a checkpoint fills it.
template <class Act, class Objective>
struct FixtureRun {
  FixtureRun(const Act& rule, const Objective& objective, const TrainSettings& settings, Index n_latents = 300)
      : model({.n_inputs = fixture_inputs, .n_latents = n_latents}, rule),
        source(fixture_samples(), {.batch_size = 200, .seed = 5}),
        trainer(model, objective, Adam(), settings) {}

  void start() { initialize(model, fixture_samples(), {.seed = 1}); }

  void train(Index steps) {
    for (Index step = 0; step < steps; ++step) {
      source.next(batch);
      static_cast<void>(trainer.step(batch));
    }
  }

  /// The bytes of everything that a checkpoint keeps; the clock aside.
  [[nodiscard]] std::map<std::string, std::string> state() {
    std::map<std::string, std::string> all;
    const auto keep = [&](const std::string& name, auto values) {
      const std::string_view bytes = as_text(as_bytes(Slice<const std::remove_cvref_t<decltype(values[0])>>(values)));
      all[name] = std::string(bytes);
    };
    detail::visit_checkpoint(trainer, keep);
    all["input_scale"] = std::to_string(model.input_scale);
    all.erase("training.progress.seconds");
    return all;
  }

  Autoencoder<Act> model;
  MatrixSource<float> source;
  Trainer<Act, Objective, Adam> trainer;
  Batch<float> batch;
};

}  // namespace parsae::test
