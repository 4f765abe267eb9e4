// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_metrics.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/model/inference_encoder.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/threshold_calibration.hpp>
#include <parsae/train/trainer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

#include "code_bits.hpp"
#include "latent_usage.hpp"
#include "rule.hpp"

namespace parsae_benchmarks {

/// What a rule needs besides its activation and its losses.
template <class Act>
struct TrainHooks {
  std::function<void(parsae::Autoencoder<Act>&)> before = {};  ///< the model is initialized
  std::function<void(parsae::Autoencoder<Act>&)> after = {};   ///< training is over and did not diverge
  double warmup_fraction = 0.1;                                ///< of the steps, for the learning rate
  double coefficient_warmup_fraction = 0;                      ///< of the steps, for the penalty's coefficient
  std::vector<double> revive_at{};                             ///< dead latents, after these shares of the steps
};

namespace detail {

inline constexpr Index evaluation_batch = 2048;
inline constexpr Index samples_for_bits = 4096;
inline constexpr Index samples_for_latency = 200;

/// Median over single samples, in microseconds.
template <class Act>
[[nodiscard]] double encode_us(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples) {
  const parsae::InferenceEncoder<Act> encoder(model);
  auto workspace = encoder.workspace();
  parsae::SparseCode<float> code;
  std::vector<double> times;
  const Index count = std::min(samples_for_latency, samples.cols());
  for (Index i = -20; i < count; ++i) {  // the first ones fill caches and allocate
    const auto start = std::chrono::steady_clock::now();
    encoder.encode(samples.col(std::max<Index>(i, 0)).data(), workspace, code);
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    if (i >= 0) times.push_back(time.count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

/// The latents that some sample activates, as a dictionary of their own.
[[nodiscard]] inline parsae::Matrix<float> living_columns(const parsae::Matrix<float>& w_dec,
                                                          const parsae::CodeMetrics& codes) {
  parsae::Matrix<float> living(w_dec.rows(), w_dec.cols());
  Index n = 0;
  for (Index j = 0; j < w_dec.cols(); ++j)
    if (codes.density(j) > 0) living.col(n++) = w_dec.col(j);
  living.conservativeResize(Eigen::NoChange, n);
  return living;
}

/// Codes of samples that nobody trained on, in batches.
template <class Act>
class HeldOut {
 public:
  HeldOut(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples, parsae::Threads threads)
      : codes_(model.n_latents()) {
    double sum = 0;
    double squares = 0;
    for (Index first = 0; first < samples.cols(); first += evaluation_batch) {
      const Index n = std::min(evaluation_batch, samples.cols() - first);
      const parsae::SparseCode<float> code = model.encode(samples.middleCols(first, n), threads);
      reconstruction_.add<float>(samples.middleCols(first, n), model.decode(code, threads));
      codes_.add(code);
      for (Index i = 0; i < n; ++i) {
        const double active = static_cast<double>(std::count_if(code.values.begin() + code.begin_of(i),
                                                                code.values.begin() + code.offsets[i + 1],
                                                                [](float value) { return value != 0; }));
        sum += active;
        squares += active * active;
      }
    }
    const double n = static_cast<double>(samples.cols());
    l0_std_ = std::sqrt(std::max(squares / n - sum / n * (sum / n), 0.0));
  }

  [[nodiscard]] const parsae::CodeMetrics& codes() const { return codes_; }
  [[nodiscard]] double fvu() const { return reconstruction_.fvu(); }
  [[nodiscard]] double l0_std() const { return l0_std_; }

 private:
  parsae::ReconstructionMetrics reconstruction_;
  parsae::CodeMetrics codes_;
  double l0_std_ = 0;
};

template <class Act>
[[nodiscard]] Measured measure(const parsae::Autoencoder<Act>& model, const Request& request) {
  Measured measured;
  const HeldOut<Act> validation(model, request.data->validation, request.threads);
  measured.validation_fvu = validation.fvu();
  measured.validation_l0 = validation.codes().l0();
  if (request.depth == Request::Depth::Validation) return measured;

  const parsae::Matrix<float>& test = request.data->test;
  const HeldOut<Act> held_out(model, test, request.threads);
  const parsae::CodeMetrics& codes = held_out.codes();
  measured.fvu = held_out.fvu();
  measured.l0 = codes.l0();
  measured.l0_std_over_samples = held_out.l0_std();
  measured.dead_fraction = codes.dead_fraction();
  for (Index j = 0; j < model.n_latents(); ++j) measured.density.push_back(codes.density(j));
  std::sort(measured.density.begin(), measured.density.end(), std::greater<>());
  measured.under_used_fraction = under_used_fraction(measured.density, measured.l0);
  measured.zipf_exponent = fit_zipf(measured.density).exponent;
  const parsae::Matrix<float> part = test.leftCols(std::min(samples_for_bits, test.cols()));
  measured.bits_per_sample =
      code_bits<float>(model.decoder.w_dec, model.decoder.b_dec,
                       {model.input_scale * part, model.encode(part, request.threads)}, request.threads);
  measured.encode_us_per_sample = encode_us(model, test);
  if (request.data->has_truth())
    measured.recovery = parsae::dictionary_recovery(request.data->truth, living_columns(model.decoder.w_dec, codes),
                                                    {.threads = request.threads});
  return measured;
}

}  // namespace detail

[[nodiscard]] inline Index steps_of(const Request& request) {
  return std::max<Index>(request.samples / request.batch, 1);
}

[[nodiscard]] inline Index share_of(Index steps, double share) {
  return static_cast<Index>(share * static_cast<double>(steps));
}

/// Thresholds for single samples that leave as many active as training did, from the training samples.
template <class Act>
[[nodiscard]] std::function<void(parsae::Autoencoder<Act>&)> calibrated_on(const Request& request) {
  return [&request](parsae::Autoencoder<Act>& model) {
    parsae::MatrixSource<float> source(
        request.data->train,
        {.batch_size = request.batch, .epochs = 1, .order = parsae::MatrixSource<float>::Order::Sequential});
    parsae::calibrate_thresholds(model, source, {.threads = request.threads});
  };
}

/// The recipe that all rules share: Adam (0.9, 0.999), a learning rate that rises linearly over the first tenth (unless
/// the rule says otherwise) and falls linearly over the last fifth, unit
/// decoder columns, w_enc = w_dec to begin with, b_dec the mean, inputs scaled to a mean squared norm of 1.
template <class Act, class Objective>
[[nodiscard]] Measured train_and_measure(const Act& activation, const Objective& objective, const Request& request,
                                         const TrainHooks<Act>& hooks = {}) {
  const parsae::Matrix<float>& train = request.data->train;
  parsae::Autoencoder<Act> model({.n_inputs = train.rows(), .n_latents = request.n_latents}, activation);
  parsae::initialize(model, train, {.seed = request.seed});
  if (hooks.before) hooks.before(model);

  parsae::TrainSettings settings;
  settings.steps = steps_of(request);
  settings.learning_rate = request.learning_rate;
  settings.learning_rate_schedule = {.warmup_steps = share_of(settings.steps, hooks.warmup_fraction),
                                     .decay_fraction = 0.2};
  settings.coefficient_schedule = {.warmup_steps = share_of(settings.steps, hooks.coefficient_warmup_fraction)};
  // A fifteenth of the run: the default of 100,000 samples in the default run of 1.5 million.
  settings.dead_after_samples = settings.density_window_samples = std::max(request.samples / 15, request.batch);
  for (const double share : hooks.revive_at)
    settings.revival.at_steps.push_back(std::max<Index>(share_of(settings.steps, share), 1));
  settings.threads = request.threads;
  parsae::MatrixSource<float> source(train, {.batch_size = request.batch, .seed = request.seed});
  parsae::Trainer trainer(model, objective, parsae::Adam(), settings);
  const parsae::TrainReport report = trainer.train(source);
  if (report.reason != parsae::StopReason::Completed || !model.decoder.w_dec.allFinite()) return {};
  if (hooks.after) hooks.after(model);

  Measured measured = detail::measure(model, request);
  measured.train_samples_per_s = static_cast<double>(report.samples) / report.seconds;
  return measured;
}

}  // namespace parsae_benchmarks
