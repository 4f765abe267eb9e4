// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/batch.hpp>
#include <parsae/sparse/column_sums.hpp>
#include <parsae/sparse/pre_activation_probe.hpp>
#include <parsae/train/latent_pass.hpp>
#include <parsae/train/latent_statistics.hpp>
#include <parsae/train/revival.hpp>
#include <parsae/train/sample_pass.hpp>
#include <parsae/train/train_progress.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// What one step does, apart from the batch.
struct StepSettings {
  double learning_rate = 1e-3;
  double coefficient_factor = 1;  ///< on the coefficients of the code losses
  double max_gradient_norm = std::numeric_limits<double>::infinity();
};

/// One training step: center the inputs, walk to the codes, decode, losses, sampled product, counting sort, latent pass
/// with the update fused in, then b_dec, which all latents share. Owns the state that training adds to a model: the
/// optimizer's moments and the latent statistics. Memory is kept, so a step allocates nothing unless it is larger than
/// any before.
template <Activation Act, class Objective, class Optimizer>
class TrainStep {
 public:
  using Scalar = typename Act::Scalar;
  using Model = Autoencoder<Act>;
  using State = OptimizerState<Scalar, Optimizer::n_moments>;

  static_assert(OptimizerFor<Optimizer, Scalar>,
                "the optimizer must satisfy OptimizerFor, see parsae/optim/optimizer.hpp");
  static_assert(Objective::template accepts<Scalar>(),
                "every loss must satisfy its concept, see parsae/losses/loss.hpp");
  static_assert(!Objective::needs_threshold || Act::has_threshold,
                "an L0-STE loss needs an activation with a learnable threshold, such as JumpReLU");
  static_assert(!Objective::needs_gate || HasGate<Act>,
                "GateL1 and GateReconstruction need an activation with a gate, such as Gated");
  static_assert(!HasGate<Act> || Objective::needs_gate,
                "nothing would train the gate of this activation: it needs GateReconstruction and GateL1");

  /// \param model  outlives the step; its arrays keep their places meanwhile
  TrainStep(Model& model, const Objective& objective, const Optimizer& optimizer, Index dead_after_samples,
            Threads threads, Precision precision = Precision::Exact, Index density_window_samples = 100'000)
      : model_(&model),
        objective_(objective),
        optimizer_(optimizer),
        threads_(threads),
        statistics_(model.n_latents(), dead_after_samples, density_window_samples,
                    Objective::needs_value_moments ? LatentStatistics::Measures::DensitiesAndValues
                                                   : LatentStatistics::Measures::Densities),
        walk_(make_walk(precision)),
        latent_pass_(model) {
    model.visit_arrays([&](const ParameterArray<Scalar>& array) {
      if (array.role != Role::Learned) return;
      if (array.name == "b_dec")
        b_dec_index_ = state_.moments.size();
      else if (array.axis == Axis::Shared)
        reject("activation array " + std::string(array.name), "Axis::Latent for a learned array", "Axis::Shared");
      state_.add(array);
    });
    static_cast<void>(objective_.of_step({1, 0, model.n_latents()}));  // a loss that cannot serve this model says so
    eligible_.assign(model.n_latents(), 0);
    terms_.push_back({Objective::reconstruction_name, 0});
    if constexpr (Objective::has_auxiliary) terms_.push_back({Objective::AuxiliaryLoss::name, 0});
    for (const std::string_view name : Objective::code_loss_names()) terms_.push_back({name, 0});
  }

  TrainStep(const TrainStep&) = delete;  // progress.terms points into it
  TrainStep& operator=(const TrainStep&) = delete;

  /// Does the step and fills what it knows of `progress`. Returns the name of the term that is not finite, or an empty
  /// name. A reconstruction or auxiliary loss that is not finite leaves the model untouched, and so does a gradient
  /// when it is clipped; code losses and an unclipped gradient are only known when the latents are already updated.
  [[nodiscard]] std::string_view run(const Batch<Scalar>& batch, const StepSettings& settings,
                                     TrainProgress& progress) {
    progress.stages = {};
    take(batch, progress.stages);
    encode(progress.stages);
    decode(batch, progress);
    progress.samples += centered_.cols();
    progress.l0 = static_cast<double>(main_.code.active_count()) / static_cast<double>(centered_.cols());
    report_terms(progress);
    if (const std::string_view term = first_not_finite(); !term.empty()) return term;

    {
      const StageClock clock(progress.stages.latent_order);
      main_.order_by_latent(model_->n_outputs(), threads_);
      if (auxiliary_.is_used()) auxiliary_.order_by_latent(model_->n_outputs(), threads_);
    }
    update(settings, progress);
    observe(progress.stages);
    statistics_.observe(latent_pass_.active(), centered_.cols(), latent_pass_.value_sums(),
                        latent_pass_.value_squares());

    progress.n_dead = statistics_.n_dead();
    report_terms(progress);
    return std::isfinite(progress.gradient_norm) ? first_not_finite() : std::string_view("gradient");
  }

  /// Gives the dead latents a new life from the batch of the last run, see Revival. Returns how many.
  Index revive(const Random& random) {
    return Revival<Act, Optimizer::n_moments>::run(*model_, state_, statistics_.history(),
                                                   {centered_, sample_pass_.residual(), weights_.slice()}, random);
  }

  /// visit(name, slice) for every array that training adds to the model: all that later steps depend on, and the terms
  /// of the last one.
  template <class Visit>
  void visit_state(const Visit& visit) {
    visit("optimizer.step", Slice<Index>(&state_.step, 1));
    std::size_t learned = 0;
    model_->visit_arrays([&](const ParameterArray<Scalar>& array) {
      if (array.role != Role::Learned) return;
      for (std::size_t m = 0; m < state_.moments[learned].size(); ++m)
        visit("optimizer.moment_" + std::to_string(m) + "." + std::string(array.name),
              state_.moments[learned][m].slice());
      ++learned;
    });
    statistics_.visit_state([&](const std::string& name, auto values) { visit("statistics." + name, values); });
    for (Index term = 0; term < terms_.size(); ++term)
      visit("progress.term_" + std::to_string(term), Slice<double>(&terms_[term].value, 1));
  }

  /// Takes over what visit_state() has changed. Throws std::invalid_argument where training cannot have led to it.
  void accept_state(TrainProgress& progress) const {
    require_at_least("OptimizerState step", state_.step, Index{0});
    statistics_.check();
    progress.terms = terms_.slice();
  }

  /// visit(name, value) for every setting that decides the bits of a step.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    objective_.visit_settings([&](const std::string& name, const auto& value) { visit("objective." + name, value); });
    if constexpr (requires { Optimizer::name; }) visit("optimizer", Optimizer::name);
    const auto prefixed = [&](const std::string& name, const auto& value) { visit("optimizer." + name, value); };
    if constexpr (requires { optimizer_.visit_settings(prefixed); }) optimizer_.visit_settings(prefixed);
  }

  [[nodiscard]] Model& model() const { return *model_; }
  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] const LatentStatistics& statistics() const { return statistics_; }
  [[nodiscard]] const SparseCode<Scalar>& code() const { return main_.code; }
  [[nodiscard]] const ScreeningReport& screening() const { return walk_.screening(); }
  [[nodiscard]] const SparseCode<Scalar>& auxiliary_code() const { return auxiliary_.code; }

 private:
  using MainSelection = decltype(std::declval<const Act&>().select(Index{}, Index{}));

  /// The walk of an objective with an auxiliary loss carries two rules.
  static auto make_walk(Precision precision) {
    if constexpr (Objective::has_auxiliary) {
      using AuxiliarySelection =
          decltype(std::declval<const typename Objective::AuxiliaryLoss&>().template select<Scalar>(
              Index{}, Index{}, Slice<const std::uint8_t>(), Index{}));
      return Walk<Scalar, MainSelection, AuxiliarySelection>({.precision = precision});
    } else {
      return Walk<Scalar, MainSelection>({.precision = precision});
    }
  }

  void take(const Batch<Scalar>& batch, StageTimes& stages) {
    const StageClock clock(stages.center);
    const Matrix<Scalar>& targets = targets_of(batch);
    const Index n = batch.inputs.cols();
    require_at_least("batch samples", n, Index{1});
    require_shape("batch inputs", batch.inputs.rows(), n, model_->n_inputs(), n);
    require_shape("batch targets", targets.rows(), targets.cols(), model_->n_outputs(), n);
    if (!batch.weight.empty()) require_shape("batch weight", batch.weight.size(), 1, n, 1);
    for (const Scalar weight : batch.weight) require_not_negative("batch weight", static_cast<double>(weight));

    model_->encoder.center(batch.inputs, model_->input_scale, model_->decoder.b_dec, threads_, centered_);
    weights_.resize(n);
    for (Index i = 0; i < n; ++i)
      weights_[i] = (batch.weight.empty() ? Scalar(1) : batch.weight[i]) / static_cast<Scalar>(n);
  }

  void encode(StageTimes& stages) {
    const StageClock clock(stages.encode);
    const Index n = centered_.cols();
    const Encoder<Scalar>& encoder = model_->encoder;
    const MainSelection rule = model_->activation.select(n, model_->n_latents());
    if constexpr (Objective::has_auxiliary) {
      const auto& loss = objective_.auxiliary();
      const Index n_eligible = loss.mark_eligible(statistics_.history(), eligible_.slice());
      const auto auxiliary_rule = loss.template select<Scalar>(n, model_->n_outputs(), eligible_.slice(), n_eligible);
      walk_.run(centered_, encoder.w_enc, encoder.b_enc, threads_, rule, auxiliary_rule, main_.code, auxiliary_.code);
    } else {
      walk_.run(centered_, encoder.w_enc, encoder.b_enc, threads_, rule, main_.code);
    }
  }

  void decode(const Batch<Scalar>& batch, TrainProgress& progress) {
    const auto sums = sample_pass_.run(*model_, objective_, targets_of(batch), weights_.slice(), main_, auxiliary_,
                                       threads_, progress.stages);
    terms_[0].value = sums.reconstruction;
    if constexpr (Objective::has_auxiliary) terms_[1].value = sums.auxiliary;
    progress.fvu = sums.fvu;
  }

  [[nodiscard]] static const Matrix<Scalar>& targets_of(const Batch<Scalar>& batch) {
    return batch.targets.size() == 0 ? batch.inputs : batch.targets;
  }

  /// What the activation measures; after everything that may end the step.
  void observe(StageTimes& stages) {
    model_->activation.observe(main_.code);
    if constexpr (ObservesPreActivations<Act>) {
      const StageClock clock(stages.encode);
      const Encoder<Scalar>& encoder = model_->encoder;
      model_->activation.observe_pre_acts(probe_.run(centered_, encoder.w_enc, encoder.b_enc, threads_));
    }
  }

  void report_terms(TrainProgress& progress) const {
    progress.terms = terms_.slice();
    progress.loss = 0;
    for (const LossTerm& term : terms_) progress.loss += term.value;
  }

  [[nodiscard]] std::string_view first_not_finite() const {
    for (const LossTerm& term : terms_)
      if (!std::isfinite(term.value)) return term.name;
    return {};
  }

  /// Code losses, gradients and updates. Clipping runs the latent pass twice, once for the norm, instead of storing the
  /// gradient.
  void update(const StepSettings& settings, TrainProgress& progress) {
    const StageClock clock(progress.stages.latent_pass);
    const Objective objective =
        objective_.of_step({settings.coefficient_factor, progress.l0, model_->n_latents(), statistics_.moments()});
    const auto step = optimizer_.template begin_step<Scalar>(++state_.step, settings.learning_rate);
    const auto pass = [&](const auto& apply) {
      return latent_pass_.run(objective, centered_, main_, auxiliary_, threads_, apply);
    };
    const auto update_latent = [&](Scalar scale) {
      return
          [&, scale](Index j, Slice<const Scalar> gradient) { latent_pass_.update(j, gradient, scale, step, state_); };
    };
    d_b_dec_ = sums_.sum(main_.d_recon, threads_);
    if constexpr (Objective::has_auxiliary && Objective::AuxiliaryLoss::target == AuxiliaryTarget::Full &&
                  Objective::AuxiliaryLoss::decoder == AuxiliaryDecoder::Trained)
      d_b_dec_ += sums_.sum(auxiliary_.d_recon, threads_);

    Scalar scale = 1;
    const bool clips = std::isfinite(settings.max_gradient_norm);
    const auto sums = clips ? pass([](Index, Slice<const Scalar>) {}) : pass(update_latent(1));
    d_b_dec_ += latent_pass_.d_b_dec();
    progress.gradient_norm = std::sqrt(sums.squared_gradient + static_cast<double>(d_b_dec_.squaredNorm()));
    if (clips && std::isfinite(progress.gradient_norm)) {
      if (progress.gradient_norm > settings.max_gradient_norm)
        scale = static_cast<Scalar>(settings.max_gradient_norm / progress.gradient_norm);
      pass(update_latent(scale));
    }
    if (std::isfinite(progress.gradient_norm)) {
      Vector<Scalar>& b_dec = model_->decoder.b_dec;
      step.update(scale, {b_dec.data(), b_dec.size()}, {d_b_dec_.data(), d_b_dec_.size()},
                  state_.slices(b_dec_index_, 0, b_dec.size()));
    }
    const Index first_code_loss = terms_.size() - static_cast<Index>(Objective::n_code_losses);
    for (std::size_t loss = 0; loss < Objective::n_code_losses; ++loss)
      terms_[first_code_loss + static_cast<Index>(loss)].value = sums.code_losses[loss];
  }

  Model* model_;
  Objective objective_;
  Optimizer optimizer_;
  Threads threads_;
  State state_;
  std::size_t b_dec_index_ = 0;
  LatentStatistics statistics_;

  decltype(make_walk(Precision::Exact)) walk_;
  SamplePass<Act, Objective> sample_pass_;
  LatentPass<Act, Optimizer> latent_pass_;
  Branch<Scalar> main_;
  Branch<Scalar> auxiliary_;
  PreActivationProbe<Scalar> probe_;
  ColumnSums<Scalar> sums_;
  Matrix<Scalar> centered_;
  Vector<Scalar> d_b_dec_;
  Buffer<Scalar> weights_;
  Buffer<std::uint8_t> eligible_;
  Buffer<LossTerm> terms_;
};

}  // namespace parsae::inline PARSAE_ABI
