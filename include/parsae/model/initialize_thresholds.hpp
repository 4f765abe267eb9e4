// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/sparse/pre_activation_probe.hpp>

namespace parsae::inline PARSAE_ABI {

/// An activation whose thresholds may be set: n_latents of them.
template <class Act>
concept HasThresholds = Act::has_threshold && requires(Act act) {
  { act.threshold() } -> std::same_as<Vector<typename Act::Scalar>&>;
};

/// Sets all thresholds of an initialized model to the one that leaves `target_l0` latents active a sample: the quantile
/// of its pre-activations on `samples`, or 0 where fewer are positive. An activation that measures pre-activations sees
/// a few of them, so that it knows their deviation from the first step on.
///
/// At most 4096 of the samples are looked at, evenly spread, and at most 4 million of their pre-activations are held.
///
/// \param samples    n_inputs x n, n >= 1, finite, in the user's units
/// \param target_l0  0 < target_l0 <= n_latents
template <class Act>
void initialize_thresholds(Autoencoder<Act>& model, const Eigen::Ref<const Matrix<typename Act::Scalar>>& samples,
                           double target_l0, Threads threads = Threads::available()) {
  static_assert(HasThresholds<Act>,
                "initialize_thresholds needs an activation with learnable thresholds, such as JumpReLU");
  using Scalar = typename Act::Scalar;
  constexpr double most_entries = 2e6;  // the selection holds twice as many
  require_shape("initialize_thresholds samples", samples.rows(), samples.cols(), model.n_inputs(), samples.cols());
  require_at_least("initialize_thresholds samples", samples.cols(), Index{1});
  require_positive("initialize_thresholds target_l0", target_l0);
  require_between("initialize_thresholds target_l0", target_l0, 0.0, static_cast<double>(model.n_latents()));

  const auto affordable = static_cast<Index>(std::clamp(most_entries / target_l0, 1.0, 4096.0));
  const Index n = std::min(samples.cols(), affordable);
  Matrix<Scalar> spread(samples.rows(), n);
  for (Index t = 0; t < n; ++t) spread.col(t) = samples.col(t * samples.cols() / n);
  const Encoder<Scalar>& encoder = model.encoder;
  Matrix<Scalar> centered;
  encoder.center(spread, model.input_scale, model.decoder.b_dec, threads, centered);
  require_finite("initialize_thresholds samples", centered);

  // Active is what lies above a threshold: it is the largest pre-activation that shall not be active.
  const Index budget = static_cast<Index>(std::llround(target_l0 * static_cast<double>(n))) + 1;
  SparseCode<Scalar> code;
  Walk<Scalar, MutualChoiceSelection<Scalar>>().run(centered, encoder.w_enc, encoder.b_enc, threads,
                                                    MutualChoiceSelection<Scalar>(n, budget), code);
  const bool are_enough = code.stored() == budget;
  model.activation.threshold().setConstant(
      model.n_latents(), are_enough ? *std::min_element(code.values.begin(), code.values.end()) : Scalar(0));
  if constexpr (ObservesPreActivations<Act>) {
    PreActivationProbe<Scalar> probe;
    model.activation.observe_pre_acts(probe.run(centered, encoder.w_enc, encoder.b_enc, threads));
  }
}

}  // namespace parsae::inline PARSAE_ABI
