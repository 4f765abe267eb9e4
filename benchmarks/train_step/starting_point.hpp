// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/trainer.hpp>

#include <measure/synthetic_samples.hpp>

#include <algorithm>
#include <limits>

#include "step_request.hpp"
#include "step_runner.hpp"
#include "weights_file.hpp"

namespace parsae_benchmarks {

/// Trained-like data come with a dictionary that has seen such data: 200 steps of TopK on 256 samples each. The other
/// data start from random directions, untrained.
inline constexpr Index training_steps = 200;
inline constexpr Index training_batch = 256;

/// What making a starting point told about it.
struct StartingPoint {
  double threshold = 0;  ///< the smallest of the batch x k largest pre-activations of the first batch
  double fvu = std::numeric_limits<double>::quiet_NaN();  ///< of the last training step, where there was one
};

namespace detail {

/// Walks screened or not give the same codes, so the shorter way is taken. Returns the last step's FVU.
[[nodiscard]] inline double train(parsae::Autoencoder<parsae::TopK<float>>& model, const parsae::Matrix<float>& samples,
                                  std::uint64_t seed, parsae::Threads threads) {
  using namespace parsae;
  MatrixSource<float> source(samples, {.batch_size = std::min(training_batch, samples.cols()), .seed = seed});
  TrainSettings settings;
  settings.steps = training_steps;
  settings.learning_rate = 1e-3;
  settings.threads = threads;
  settings.precision = Precision::Screened;
  Trainer trainer(model, Objective(MeanSquaredError(), AuxK()), Adam(), settings);
  const TrainReport report = trainer.train(source);
  if (report.reason != StopReason::Completed) throw std::runtime_error("training before timing " + report.message);
  return trainer.progress().fvu;
}

[[nodiscard]] inline double threshold_for(const parsae::Autoencoder<parsae::TopK<float>>& model,
                                          const parsae::Matrix<float>& batch, Index k, parsae::Threads threads) {
  using namespace parsae;
  Matrix<float> centered;
  SparseCode<float> code;
  model.encoder.center(batch, model.input_scale, model.decoder.b_dec, threads, centered);
  Walk<float, MutualChoiceSelection<float>>().run(centered, model.encoder.w_enc, model.encoder.b_enc, threads,
                                                  MutualChoiceSelection<float>(batch.cols(), k * batch.cols()), code);
  return code.values.empty() ? 0.0 : static_cast<double>(*std::min_element(code.values.begin(), code.values.end()));
}

}  // namespace detail

/// Writes the samples and the weights that all contestants of one size and kind of data begin with.
[[nodiscard]] inline StartingPoint make_starting_point(const StepRequest& request, SyntheticData data,
                                                       parsae::Threads threads) {
  const bool is_trained = data == SyntheticData::TrainedLike;
  const ProblemSize& size = request.size;
  const Index n_steps_on = request.batches * size.batch;
  const Index n_samples = is_trained ? std::max(n_steps_on, training_steps * training_batch / 2) : n_steps_on;
  const parsae::Matrix<float> samples =
      synthetic_samples({data, size.d, n_samples, size.n, size.k, request.seed}, threads);
  FloatWriter data_file(request.data);
  data_file.write({samples.data(), size.d * n_steps_on});
  data_file.close();

  StartingPoint point;
  parsae::Autoencoder model({.n_inputs = size.d, .n_latents = size.n}, parsae::TopK<float>({.k = size.k}));
  parsae::initialize(model, samples, {.seed = request.seed, .scaling = parsae::InputScaling::None});
  if (is_trained) point.fvu = detail::train(model, samples, request.seed, threads);
  point.threshold = detail::threshold_for(model, samples.leftCols(size.batch), size.k, threads);
  FloatWriter weights_file(request.weights);
  for_each_weight(model, [&](parsae::Slice<float> values) { weights_file.write(values); });
  weights_file.close();
  return point;
}

}  // namespace parsae_benchmarks
