// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/threshold_selection.hpp>
#include <parsae/data/batch.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/train/largest_values.hpp>

#include <cmath>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// An activation whose inference thresholds are measured: it says how densely it wants to be active (one number for all
/// latents together, or one for each), and takes as many thresholds.
template <class Act>
concept CalibratedActivation = requires(Act act, const Act rule, const Vector<typename Act::Scalar>& thresholds) {
  { rule.calibration_densities() } -> std::same_as<Buffer<double>>;
  { act.set_thresholds(thresholds) } -> std::same_as<void>;
};

struct CalibrationSettings {
  Index samples = 200'000;  ///< at most so many, >= 1; the rarest latents want some hundred activations
  Threads threads = Threads::available();
};

/// Replaces the inference thresholds by exact quantiles of pre-activations over held-out or training samples: with n
/// samples, a latent of density p is active in round(p n) of them (fewer only where fewer are positive or several are
/// equal to the threshold). With one threshold for all latents, round(k n) entries are active. Returns n.
///
/// The samples are streamed: memory is O(k n + n_latents), and no matrix of pre-activations is stored.
/// \param source  its targets and weights are ignored; refused when it has no sample, and samples that are not finite
template <class Act, BatchSource<typename Act::Scalar> Source>
Index calibrate_thresholds(Autoencoder<Act>& model, Source& source, const CalibrationSettings& settings = {}) {
  static_assert(CalibratedActivation<Act>,
                "calibrate_thresholds needs an activation whose thresholds are measured, such as Mutual Choice");
  using Scalar = typename Act::Scalar;
  constexpr Index chunk = 128;  // while thresholds are zero, half of all pre-activations pass
  require_at_least("CalibrationSettings samples", settings.samples, Index{1});

  const Buffer<double> densities = model.activation.calibration_densities();
  const auto active_of = [&](Index d, Index n) { return std::llround(densities[d] * static_cast<double>(n)); };
  std::vector<LargestValues<Scalar>> largest;
  for (Index d = 0; d < densities.size(); ++d)
    largest.emplace_back(static_cast<Index>(active_of(d, settings.samples)) + 1);
  const auto of_latent = [&](Index j) -> LargestValues<Scalar>& {
    return largest[densities.size() == 1 ? 0 : static_cast<std::size_t>(j)];
  };

  Vector<Scalar> floors = Vector<Scalar>::Zero(model.n_latents());
  Walk<Scalar, ThresholdSelection<Scalar>> walk;
  Matrix<Scalar> centered;
  SparseCode<Scalar> code;
  Batch<Scalar> batch;
  Index n = 0;
  while (n < settings.samples && source.next(batch)) {
    const Index n_batch = std::min(batch.inputs.cols(), settings.samples - n);
    for (Index first = 0; first < n_batch; first += chunk) {
      const Index count = std::min(chunk, n_batch - first);
      model.encoder.center(batch.inputs.middleCols(first, count), model.input_scale, model.decoder.b_dec,
                           settings.threads, centered);
      require_finite("calibrate_thresholds samples", centered);
      const ThresholdSelection<Scalar> rule(count, {floors.data(), floors.size()}, Scalar(0));
      walk.run(centered, model.encoder.w_enc, model.encoder.b_enc, settings.threads, rule, code);
      for (Index e = 0; e < code.stored(); ++e) of_latent(code.latents[e]).add(code.values[e]);
      for (Index j = 0; j < floors.size(); ++j) floors(j) = of_latent(j).floor();
    }
    n += n_batch;
  }
  if (n == 0) reject("calibrate_thresholds source", "at least one sample", "none");

  Vector<Scalar> thresholds(densities.size());
  for (Index d = 0; d < densities.size(); ++d)
    thresholds(d) = largest[static_cast<std::size_t>(d)].ranked(static_cast<Index>(active_of(d, n)) + 1);
  model.activation.set_thresholds(thresholds);
  return n;
}

}  // namespace parsae::inline PARSAE_ABI
