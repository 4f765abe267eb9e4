// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/trainer.hpp>

#include <algorithm>
#include <functional>

#include "family.hpp"

namespace parsae_benchmarks::description_length {

/// What a family needs besides its activation and its losses.
template <class Act>
struct Hooks {
  std::function<void(parsae::Autoencoder<Act>&)> before = {};  ///< the model is initialized
  std::function<void(parsae::Autoencoder<Act>&)> after = {};   ///< training is over and did not diverge
  double warmup_fraction = 0.1;                                ///< of the steps, for the learning rate
};

/// The recipe that all families share: Adam (0.9, 0.999), a learning rate that rises linearly over the first tenth
/// (unless the family says otherwise) and falls linearly over the last fifth, unit decoder columns, w_enc = w_dec to
/// begin with, b_dec the mean, inputs scaled to a mean squared norm of 1. All of it NaN when training diverged.
template <class Act, class Objective>
[[nodiscard]] Trained train_point(const Act& activation, const Objective& objective, const Job& job,
                                  const Hooks<Act>& hooks = {}) {
  const parsae::Matrix<float>& train = job.data->train;
  parsae::Autoencoder<Act> model({.n_inputs = train.rows(), .n_latents = job.n_latents}, activation);
  parsae::initialize(model, train, {.seed = job.seed});
  if (hooks.before) hooks.before(model);

  parsae::TrainSettings settings;
  settings.steps = std::max<Index>(job.samples / job.batch, 1);
  settings.learning_rate = job.learning_rate;
  settings.learning_rate_schedule = {
      .warmup_steps = static_cast<Index>(hooks.warmup_fraction * static_cast<double>(settings.steps)),
      .decay_fraction = 0.2};
  // A fifteenth of the run: the default of 100,000 samples in a run of 1.5 million.
  settings.dead_after_samples = settings.density_window_samples = std::max(job.samples / 15, job.batch);
  settings.threads = job.threads;
  parsae::MatrixSource<float> source(train, {.batch_size = job.batch, .seed = job.seed});
  parsae::Trainer trainer(model, objective, parsae::Adam(), settings);
  const parsae::TrainReport report = trainer.train(source);
  if (report.reason != parsae::StopReason::Completed || !model.decoder.w_dec.allFinite()) return {};
  if (hooks.after) hooks.after(model);

  const MessageMeter meter(model, job.data->validation, job.threads);
  return {meter.of_validation(), meter.of(model, job.data->test)};
}

}  // namespace parsae_benchmarks::description_length
