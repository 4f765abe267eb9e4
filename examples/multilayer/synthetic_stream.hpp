// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/evaluate_layers.hpp>
#include <parsae/data/layered_source.hpp>
#include <parsae/data/residual_stream.hpp>

#include <variant>
#include <vector>

#include "training.hpp"

namespace parsae_examples::multilayer {

/// A made-up residual stream with a known truth, and what an SAE that was trained on it says.
struct SyntheticPoint {
  double persistence = 0;                  ///< rho
  bool is_written_at_first_layer = false;  ///< no later layer writes
  parsae::LayerVarianceSummary truth{};
  parsae::LayerVarianceSummary sae{};
  double fvu = 0;  ///< mean over layers
};

namespace detail {

inline constexpr Index synthetic_layers = 5;

[[nodiscard]] inline parsae::ResidualStreamSettings synthetic_settings(const SyntheticPoint& point,
                                                                       std::uint64_t seed) {
  parsae::ResidualStreamSettings settings{.n_inputs = 32,
                                          .n_directions = 32,
                                          .n_layers = synthetic_layers,
                                          .n_tokens = 4000,
                                          .switch_on = {0.05},
                                          .persistence = point.persistence,
                                          .noise = 0.02,
                                          .seed = seed};
  if (point.is_written_at_first_layer) settings.switch_on = {0.08, 0, 0, 0, 0};
  return settings;
}

}  // namespace detail

/// The points of the page: from no persistence to full, and the limit in which every latent is at all layers.
[[nodiscard]] inline std::vector<SyntheticPoint> synthetic_points() {
  std::vector<SyntheticPoint> points;
  for (const double rho : {0.0, 0.25, 0.5, 0.75, 0.9, 1.0}) points.push_back({.persistence = rho});
  points.push_back({.persistence = 1, .is_written_at_first_layer = true});
  return points;
}

/// Makes the stream, measures its truth, trains a Mutual Choice SAE with as many latents as there are directions, which
/// may be active as often as these are, and measures its codes. False where on_progress stopped it.
inline bool measure_synthetic(SyntheticPoint& point, std::uint64_t seed, parsae::Threads threads,
                              const OnProgress& on_progress) {
  using namespace parsae;
  const ResidualStreamSettings settings = detail::synthetic_settings(point, seed);
  const ResidualStream<float> stream = make_residual_stream<float>(settings);
  LayerVariance truth(settings.n_directions, settings.n_layers);
  truth.add(stream.truth, stream.layer.slice(), stream.token.slice());
  point.truth = truth.summary();

  Matrix<float> samples(settings.n_inputs, settings.n_layers * settings.n_tokens);
  for (Index i = 0; i < samples.cols(); ++i)
    samples.col(i) = stream.layers[static_cast<std::size_t>(stream.layer[i])].col(stream.token[i]);
  const double l0 = static_cast<double>(stream.truth.active_count()) / static_cast<double>(samples.cols());
  const std::optional<AnyAutoencoder> sae = train_sae(samples,
                                                      {.rule = "mutual_choice",
                                                       .n_latents = settings.n_directions,
                                                       .l0 = l0,
                                                       .passes = 30,
                                                       .seed = seed,
                                                       .threads = threads},
                                                      on_progress);
  if (!sae) return false;
  const LayeredSamples<float> layered(stream.layers);
  LayeredSource<float> source(layered, {.epochs = 1, .threads = threads});
  const LayerEvaluation evaluation =
      evaluate_layers(std::get<Autoencoder<Threshold<float>>>(*sae), source, {.seed = seed, .threads = threads});
  point.sae = evaluation.variance.summary();
  point.fvu = evaluation.metrics.mean_fvu();
  return true;
}

}  // namespace parsae_examples::multilayer
