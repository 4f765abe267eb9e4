// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/jump_relu.hpp>
#include <parsae/train/train_step.hpp>

#include <support/close_to.hpp>
#include <support/dense_objective.hpp>
#include <support/random_matrix.hpp>
#include <support/recording_optimizer.hpp>

#include <map>
#include <vector>

namespace parsae::test {

/// What a gradient is checked under, apart from activation and losses.
struct GradientSetup {
  DecoderNorm norm = DecoderNorm::Unit;
  bool is_transcoder = false;
  bool has_weights = false;
};

[[nodiscard]] inline std::vector<GradientSetup> all_gradient_setups() {
  std::vector<GradientSetup> setups;
  for (const DecoderNorm norm : {DecoderNorm::Unit, DecoderNorm::Free})
    for (const bool is_transcoder : {false, true})
      for (const bool has_weights : {false, true}) setups.push_back(GradientSetup{norm, is_transcoder, has_weights});
  return setups;
}

/// Compares the gradients, terms and measurements of a TrainStep in double with a dense reference: every learned array
/// entry by entry with central differences of the loss, thresholds with the formula of their straight-through estimate.
template <class Act, class Objective>
class GradientCheck {
 public:
  static constexpr Index n_inputs = 6;
  static constexpr Index n_latents = 11;
  static constexpr Index batch_size = 9;

  /// The trees of a rule that has any: latents 0, 4 and 8 are roots.
  [[nodiscard]] static constexpr LatentId parent_of(Index latent) {
    return static_cast<LatentId>(latent % 4 == 0 ? -1 : latent - 1);
  }

  GradientCheck(const Act& rule, const Objective& objective, const DenseObjective& reference,
                const GradientSetup& setup)
      : setup_(setup),
        reference_(reference),
        model_({.n_inputs = n_inputs,
                .n_latents = n_latents,
                .n_outputs = setup.is_transcoder ? n_inputs - 2 : n_inputs,
                .decoder_norm = setup.norm,
                .centering = setup.is_transcoder ? Centering::None : Centering::DecoderBias},
               rule),
        step_(model_, objective, RecordingOptimizer(), batch_size, Threads(2)) {
    set_parameters();
    set_batch();
  }

  void run() {
    if (reference_.aux_k > 0) let_latents_die();
    const DenseObjective::Result base = evaluate();
    const DenseObjective::Frozen frozen = DenseObjective::freeze(model_, base.residual);
    if constexpr (Act::has_threshold) bandwidth_ = model_.activation.bandwidth();  // the step measures a new one
    TrainProgress progress;
    REQUIRE(step_.run(batch_, StepSettings(), progress).empty());
    check_measurements(base, progress);
    if constexpr (HasGate<Act>)  // an open gate of magnitude 0 is what the test must not miss
      REQUIRE((base.selected && !base.active).any());

    double squared_gradient = 0;
    std::size_t index = 0;
    model_.visit_arrays([&](const ParameterArray<double>& array) {
      if (array.role != Role::Learned) return;
      const Buffer<double>& gradient = step_.state().moments[index++][0];
      for (const double entry : gradient) squared_gradient += entry * entry;
      INFO("array " << array.name);
      if (array.name == "threshold")
        check_thresholds(base, gradient);
      else
        check_differences(array, base, frozen, gradient);
    });
    CHECK_THAT(progress.gradient_norm, close_to(std::sqrt(squared_gradient), 1e-12));
    CHECK(squared_gradient > 0);
  }

 private:
  static constexpr double difference = 1e-5;

  void set_parameters() {
    model_.encoder.w_enc = 0.6 * random_matrix<double>(n_inputs, n_latents, 1);
    model_.encoder.b_enc = 0.2 * random_vector<double>(n_latents, 2);
    model_.decoder.w_dec = 0.7 * random_matrix<double>(model_.n_outputs(), n_latents, 3);
    if (setup_.norm == DecoderNorm::Unit) model_.decoder.w_dec.colwise().normalize();
    model_.decoder.b_dec = 0.3 * random_vector<double>(model_.n_outputs(), 4);
    model_.input_scale = 0.8;
    model_.output_scale = setup_.is_transcoder ? 1.3 : 0.8;
    if constexpr (Act::has_threshold)
      for (Index j = 0; j < n_latents; ++j) model_.activation.threshold()(j) = 0.1 + 0.02 * static_cast<double>(j);
    if constexpr (requires { model_.activation.observe_pre_acts(model_.encoder.w_enc); })
      model_.activation.observe_pre_acts(random_matrix<double>(n_latents, batch_size, 9));  // else no window at first
    if constexpr (requires { model_.activation.set_parents(parents_.slice()); }) {
      for (Index j = 0; j < n_latents; ++j) parents_.push_back(parent_of(j));
      model_.activation.set_parents(parents_.slice());
    }
    if constexpr (HasGate<Act>) {
      model_.activation.log_scale() = 0.3 * random_vector<double>(n_latents, 7);
      model_.activation.shift() = 0.3 * random_vector<double>(n_latents, 8);
    }
  }

  void set_batch() {
    batch_.inputs = random_matrix<double>(n_inputs, batch_size, 5);
    if (setup_.is_transcoder) batch_.targets = random_matrix<double>(model_.n_outputs(), batch_size, 6);
    if (!setup_.has_weights) return;
    batch_.weight.resize(batch_size);
    for (Index i = 0; i < batch_size; ++i) batch_.weight[i] = 0.4 * static_cast<double>(i % 5);  // 0 is a weight, too
  }

  [[nodiscard]] DenseObjective::Result evaluate(const DenseObjective::Frozen* frozen = nullptr) const {
    return reference_.evaluate(model_, batch_, !setup_.is_transcoder, frozen);
  }

  /// One step in which at least three latents stay silent, and are dead from then on: afterwards they have their biases
  /// back, so that the main code and the auxiliary one may share them.
  void let_latents_die() {
    const Vector<double> b_enc = model_.encoder.b_enc;
    for (const Index j : {1, 4, 7}) model_.encoder.b_enc(j) = -100;
    const Mask active = evaluate().active;
    TrainProgress progress;
    REQUIRE(step_.run(batch_, StepSettings(), progress).empty());
    model_.encoder.b_enc = b_enc;

    reference_.eligible.clear();
    for (Index j = 0; j < n_latents; ++j) reference_.eligible.push_back(!active.row(j).any());
    const auto n_dead = std::count(reference_.eligible.begin(), reference_.eligible.end(), true);
    REQUIRE(n_dead >= 3);
    REQUIRE(n_dead < n_latents);
    REQUIRE(progress.n_dead == n_dead);
  }

  void check_measurements(const DenseObjective::Result& base, const TrainProgress& progress) const {
    CHECK_THAT(progress.loss, close_to(base.loss(), 1e-12));
    CHECK_THAT(progress.fvu, close_to(base.fvu, 1e-12));
    CHECK(progress.l0 == static_cast<double>(base.active.count()) / static_cast<double>(batch_size));
    CHECK(progress.samples == batch_size);
    for (const LossTerm& term : progress.terms) {
      INFO("term " << term.name);
      const std::map<std::string_view, double> expected{{"mse", base.mse},
                                                        {"nested_mse", base.mse},
                                                        {"l1", base.l1},
                                                        {"l0", base.l0},
                                                        {"target_l0", base.target_l0},
                                                        {"mdl", base.mdl},
                                                        {"mdl_presence", base.mdl},
                                                        {"mdl_values", base.mdl},
                                                        {"aux_k", base.aux_k},
                                                        {"gate_l1", base.gate_l1},
                                                        {"gate_reconstruction", base.gate_reconstruction}};
      CHECK_THAT(term.value, close_to(expected.at(term.name), 1e-12));
      CHECK(term.value > 0);
    }
  }

  void check_differences(const ParameterArray<double>& array, const DenseObjective::Result& base,
                         const DenseObjective::Frozen& frozen, const Buffer<double>& gradient) {
    Buffer<double> expected(array.values.size());
    bool is_smooth = true;
    for (Index e = 0; e < array.values.size(); ++e) {
      const double kept = array.values[e];
      array.values[e] = kept + difference;
      const DenseObjective::Result above = evaluate(&frozen);
      array.values[e] = kept - difference;
      const DenseObjective::Result below = evaluate(&frozen);
      array.values[e] = kept;
      expected[e] = (above.loss() - below.loss()) / (2 * difference);
      is_smooth = is_smooth && is_selection_of(above, base) && is_selection_of(below, base);
    }
    REQUIRE(is_smooth);  // else the differences straddle a jump, and the test's numbers want another seed
    if (array.name == "w_dec" && setup_.norm == DecoderNorm::Unit) project(array, expected);
    // Each prefix adds a loss, and so to the rounding of the loss, which the differences show.
    const double tolerance = 2e-9 * static_cast<double>(1 + reference_.prefixes.size());
    for (Index e = 0; e < array.values.size(); ++e) {
      INFO("entry " << e);
      CHECK_THAT(gradient[e], close_to(expected[e], tolerance));
    }
  }

  [[nodiscard]] static bool is_selection_of(const DenseObjective::Result& moved, const DenseObjective::Result& base) {
    const bool same_auxiliary =
        base.auxiliary_active.size() == 0 || (moved.auxiliary_active == base.auxiliary_active).all();
    return same_auxiliary && (moved.active == base.active).all() && (moved.selected == base.selected).all();
  }

  /// On the sphere a gradient has no part along its column.
  static void project(const ParameterArray<double>& array, Buffer<double>& gradient) {
    for (Index j = 0; j < n_latents; ++j) {
      double along = 0;
      for (Index p = 0; p < array.rows; ++p) along += gradient[j * array.rows + p] * array.of_latent(j)[p];
      for (Index p = 0; p < array.rows; ++p) gradient[j * array.rows + p] -= along * array.of_latent(j)[p];
    }
  }

  /// d theta = - sum over the window of (theta * dL/df + dL/dL0 / batch) / bandwidth
  void check_thresholds(const DenseObjective::Result& base, const Buffer<double>& gradient) const {
    if constexpr (Act::has_threshold) {
      Index n_zeros = 0;
      for (Index j = 0; j < n_latents; ++j) {
        const double theta = model_.activation.threshold()(j);
        const double norm = reference_.l1_by_decoder_norm ? model_.decoder.w_dec.col(j).norm() : 1.0;
        double expected = 0;
        for (Index i = 0; i < batch_size; ++i) {
          if (!(std::abs(base.pre_acts(j, i) - theta) < bandwidth_ / 2)) continue;
          n_zeros += base.active(j, i) ? 0 : 1;
          const double weight = setup_.has_weights ? batch_.weight[i] : 1.0;
          double d_value = reference_.l1 * norm;
          for (Index p = 0; p < model_.n_outputs(); ++p)
            d_value -= 2 * weight * base.felt_residuals[static_cast<std::size_t>(j)](p, i) * model_.decoder.w_dec(p, j);
          double d_gate = reference_.d_l0(base);
          if (reference_.mdl > 0)
            d_gate +=
                reference_.price_at_threshold(base, j, model_.decoder.w_dec.col(j).norm(), theta, base.pre_acts(j, i));
          expected -= (theta * d_value + d_gate) / bandwidth_ / static_cast<double>(batch_size);
        }
        INFO("latent " << j);
        CHECK_THAT(gradient[j], close_to(expected, 1e-11));
      }
      CHECK(n_zeros > 0);  // the window must reach below the threshold for the test to mean something
    }
  }

  GradientSetup setup_;
  double bandwidth_ = 0;  ///< of the activation's thresholds, when the gradient is taken
  DenseObjective reference_;
  Buffer<LatentId> parents_;
  Autoencoder<Act> model_;
  TrainStep<Act, Objective, RecordingOptimizer> step_;
  Batch<double> batch_;
};

/// Every setup, for one activation and one objective.
template <class Act, class Objective>
void check_gradients(const Act& rule, const Objective& objective, const DenseObjective& reference) {
  for (const GradientSetup& setup : all_gradient_setups()) {
    INFO((setup.norm == DecoderNorm::Unit ? "unit" : "free")
         << " decoder, " << (setup.is_transcoder ? "transcoder" : "autoencoder")
         << (setup.has_weights ? ", weighted samples" : ""));
    GradientCheck<Act, Objective>(rule, objective, reference, setup).run();
  }
}

}  // namespace parsae::test
