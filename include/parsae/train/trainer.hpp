// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/optim/schedule.hpp>
#include <parsae/train/callback.hpp>
#include <parsae/train/train_step.hpp>

#include <chrono>
#include <limits>
#include <string>

namespace parsae::inline PARSAE_ABI {

struct TrainSettings {
  Index steps = 1000;                 ///< planned steps, >= 1
  double learning_rate = 1e-3;        ///< > 0
  Schedule learning_rate_schedule{};  ///< factor on the learning rate
  Schedule coefficient_schedule{};    ///< factor on the coefficients of the code losses
  double max_gradient_norm =
      std::numeric_limits<double>::infinity();  ///< clip by the global norm, > 0; infinity: never
  Index dead_after_samples = 100'000;           ///< a latent silent for so many samples counts as dead, >= 1
  Index density_window_samples = 100'000;       ///< time constant of the latents' running densities, >= 1
  RevivalSettings revival{};                    ///< of dead latents
  Threads threads = Threads::available();
  Precision precision = Precision::Exact;  ///< of the search for active latents; both give the same bits

  void check() const {
    require_at_least("TrainSettings steps", steps, Index{1});
    require_positive("TrainSettings learning_rate", learning_rate);
    if (!(max_gradient_norm > 0)) reject("TrainSettings max_gradient_norm", "a value above 0", max_gradient_norm);
    require_at_least("TrainSettings dead_after_samples", dead_after_samples, Index{1});
    require_at_least("TrainSettings density_window_samples", density_window_samples, Index{1});
    learning_rate_schedule.check("TrainSettings learning_rate_schedule");
    coefficient_schedule.check("TrainSettings coefficient_schedule");
    revival.check("TrainSettings revival", steps);
  }

  /// visit(name, value) for every setting that decides the bits of a run up to a given step: not threads, not the
  /// precision, and the number of steps only where a schedule depends on it.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    const auto visit_part = [&](const std::string& part, const auto& settings) {
      settings.visit_settings([&](const std::string& name, const auto& value) { visit(part + "." + name, value); });
    };
    if (learning_rate_schedule.decays() || coefficient_schedule.decays()) visit("steps", steps);
    visit("learning_rate", learning_rate);
    visit_part("learning_rate_schedule", learning_rate_schedule);
    visit_part("coefficient_schedule", coefficient_schedule);
    visit("max_gradient_norm", max_gradient_norm);
    visit("dead_after_samples", dead_after_samples);
    visit("density_window_samples", density_window_samples);
    visit_part("revival", revival);
  }
};

/// Trains an autoencoder on a source of batches.
///
///     Trainer trainer(model, Objective(MeanSquaredError(), AuxK()), Adam(), {.steps = 2000});
///     const TrainReport report = trainer.train(source, ProgressLine(std::cerr));
///
/// Same seed, same bits, for any number of threads.
template <Activation Act, class Objective, class Optimizer>
class Trainer {
 public:
  using Scalar = typename Act::Scalar;
  using Step = TrainStep<Act, Objective, Optimizer>;

  /// \param model  outlives the trainer; its arrays keep their places meanwhile
  Trainer(Autoencoder<Act>& model, const Objective& objective, const Optimizer& optimizer,
          const TrainSettings& settings)
      : settings_(checked(settings)),
        step_(model, objective, optimizer, settings.dead_after_samples, settings.threads, settings.precision,
              settings.density_window_samples) {
    progress_.total_steps = settings.steps;
    progress_.n_latents = model.n_latents();
  }

  /// Steps until the planned number is reached, the source ends, a callback stops, or the run diverges. Call again to
  /// go on after a stop.
  template <BatchSource<Scalar> Source, TrainCallback... Callbacks>
  TrainReport train(Source& source, Callbacks&&... callbacks) {
    begin(callbacks...);
    while (wants_batch()) {
      if (source.next(batch_))
        feed(batch_, callbacks...);
      else
        end_source();
    }
    return finish(callbacks...);
  }

  /// The parts of train(), for a caller who reads the batches: begin(), then feed() or end_source() as long as a batch
  /// is wanted, then finish(). Each is given the same callbacks.
  template <TrainCallback... Callbacks>
  void begin(Callbacks&... callbacks) {
    start_ = std::chrono::steady_clock::now();
    seconds_before_ = progress_.seconds;
    report_ = {};
    (begin_hook(callbacks), ...);
  }

  [[nodiscard]] bool wants_batch() const {
    return progress_.step < settings_.steps && report_.reason == StopReason::Completed;
  }

  template <TrainCallback... Callbacks>
  void feed(const Batch<Scalar>& batch, Callbacks&... callbacks) {
    const std::string_view not_finite = step(batch);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    progress_.seconds = seconds_before_ + seconds.count();
    if (!not_finite.empty()) {
      report_.reason = StopReason::Diverged;
      report_.message = "diverged: " + std::string(not_finite) + " is not finite in step " +
                        std::to_string(progress_.step) + "; a lower learning rate or gradient clipping may help";
    } else {
      ((report_.reason = step_hook(callbacks) == CallbackAction::Stop ? StopReason::StoppedByCallback : report_.reason),
       ...);  // in the order in which they were given, all of them
    }
  }

  /// There are no more batches.
  void end_source() { report_.reason = StopReason::SourceExhausted; }

  template <TrainCallback... Callbacks>
  TrainReport finish(Callbacks&... callbacks) {
    (end_hook(callbacks), ...);
    if (report_.message.empty())
      report_.message = std::string(to_string(report_.reason)) + " after step " + std::to_string(progress_.step);
    report_.steps = progress_.step;
    report_.samples = progress_.samples;
    report_.loss = progress_.loss;
    report_.seconds = progress_.seconds;
    return report_;
  }

  /// One step on one batch: what train() repeats. Returns the name of a term that is not finite, or an empty name.
  std::string_view step(const Batch<Scalar>& batch) {
    StepSettings settings;
    settings.learning_rate =
        settings_.learning_rate * settings_.learning_rate_schedule.factor(progress_.step, settings_.steps);
    settings.coefficient_factor = settings_.coefficient_schedule.factor(progress_.step, settings_.steps);
    settings.max_gradient_norm = settings_.max_gradient_norm;
    const std::string_view not_finite = step_.run(batch, settings, progress_);
    progress_.learning_rate = settings.learning_rate;
    ++progress_.step;
    if (not_finite.empty() && settings_.revival.is_due(progress_.step))
      progress_.n_revived +=
          step_.revive(Random(settings_.revival.seed, Draws::Revival, static_cast<std::uint64_t>(progress_.step)));
    return not_finite;
  }

  /// visit(name, slice) for everything that training adds to the model, under names that stay: all that later steps
  /// depend on beside the model, the settings and the source. A visitor may change the values; accept_state() then.
  template <class Visit>
  void visit_state(const Visit& visit) {
    progress_.visit_state([&](const std::string& name, auto values) { visit("progress." + name, values); });
    step_.visit_state(visit);
  }

  /// Takes over what visit_state() has changed. Throws std::invalid_argument where training cannot have led to it.
  void accept_state() {
    require_at_least("TrainProgress step", progress_.step, Index{0});
    require_at_least("TrainProgress samples", progress_.samples, Index{0});
    step_.accept_state(progress_);
  }

  /// visit(name, value) for every setting that decides bits; those of the model are in the model.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    settings_.visit_settings(visit);
    step_.visit_settings(visit);
  }

  [[nodiscard]] Autoencoder<Act>& model() const { return step_.model(); }
  [[nodiscard]] const TrainProgress& progress() const { return progress_; }
  [[nodiscard]] const Step& state() const { return step_; }

 private:
  static const TrainSettings& checked(const TrainSettings& settings) {
    settings.check();
    return settings;
  }

  template <class Callback>
  void begin_hook(Callback& callback) {
    if constexpr (HasTrainBegin<Callback>) callback.on_train_begin(progress_);
  }

  template <class Callback>
  CallbackAction step_hook(Callback& callback) {
    if constexpr (HasStepEnd<Callback>) {
      if constexpr (std::is_void_v<decltype(callback.on_step_end(progress_))>)
        callback.on_step_end(progress_);
      else
        return callback.on_step_end(progress_);
    }
    return CallbackAction::Continue;
  }

  template <class Callback>
  void end_hook(Callback& callback) {
    if constexpr (HasTrainEnd<Callback>) callback.on_train_end(progress_);
  }

  TrainSettings settings_;
  Step step_;
  TrainProgress progress_;
  Batch<Scalar> batch_;
  TrainReport report_;
  std::chrono::steady_clock::time_point start_;
  double seconds_before_ = 0;  ///< of earlier calls
};

}  // namespace parsae::inline PARSAE_ABI
