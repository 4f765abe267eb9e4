// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/adjacent_layer_cosine.hpp>
#include <parsae/analysis/cosine_by_layer_distance.hpp>
#include <parsae/analysis/evaluate_layers.hpp>
#include <parsae/analysis/max_cosine.hpp>
#include <parsae/data/layered_source.hpp>

#include <algorithm>
#include <vector>

#include "judging.hpp"

namespace parsae_examples::multilayer {

/// The latents of an SAE for all layers, seen on held-out text.
struct LayerAnalysis {
  parsae::LayerVarianceSummary variance;
  parsae::LayerVarianceSummary permuted;      ///< the labels of each token's layers in random order
  parsae::Matrix<double> masses;              ///< n_layers x n_latents: sum of the values at each layer
  parsae::Matrix<double> permuted_masses;     ///< the same under permuted labels
  std::vector<parsae::LatentLayers> latents;  ///< NaN where silent
  parsae::CosineByLayerDistance cosines;      ///< of decoder columns, by distance of mean layers
  std::vector<double> neighbor_cosines;       ///< between the centered streams of layer l and l + 1
  std::vector<double> norms;                  ///< mean norm of each layer's stream
  double mean_max_cosine = 0;
  double dead_fraction = 0;
  Index n_tokens = 0;

  [[nodiscard]] Index n_layers() const { return masses.rows(); }

  /// Mean over latents with mass, weighted by it.
  [[nodiscard]] double mean_effective_layers() const {
    double mass = 0;
    double sum = 0;
    for (const parsae::LatentLayers& latent : latents) {
      if (latent.mass == 0) continue;
      mass += latent.mass;
      sum += latent.mass * latent.effective_layers;
    }
    return sum / mass;
  }
};

namespace detail {

/// P(layer | latent) with permuted labels, as a LayerDistribution.
template <class Act>
[[nodiscard]] parsae::LayerDistribution permuted_distribution(const parsae::Autoencoder<Act>& sae,
                                                              parsae::LayeredSource<float>& source, std::uint64_t seed,
                                                              parsae::Threads threads) {
  parsae::LayerDistribution distribution(sae.n_latents(), source.n_layers());
  parsae::Batch<float> batch;
  while (source.next(batch)) {
    const parsae::Buffer<std::int32_t> permuted =
        parsae::permuted_layers(batch.group.slice(), batch.sample_id.slice(), source.n_layers(), seed);
    distribution.add(sae.encode(batch.inputs, threads), permuted.slice());
  }
  return distribution;
}

inline void compare_layers(const parsae::LayeredSamples<float>& samples, LayerAnalysis& analysis) {
  parsae::Matrix<double> means(samples.n_inputs(), samples.n_layers());
  for (Index l = 0; l < samples.n_layers(); ++l) means.col(l) = mean_stream(samples.layer(l)).cast<double>();
  parsae::AdjacentLayerCosine adjacent(means);
  parsae::LayeredSource<float> plain(samples, {.epochs = 1, .order = parsae::LayeredSource<float>::Order::Sequential});
  parsae::Batch<float> batch;
  while (plain.next(batch)) adjacent.add<float>(batch.inputs, batch.group.slice(), batch.sample_id.slice());
  for (Index l = 0; l < samples.n_layers(); ++l) {
    if (l + 1 < samples.n_layers()) analysis.neighbor_cosines.push_back(adjacent.cosine(l));
    analysis.norms.push_back(adjacent.norm(l));
  }
}

}  // namespace detail

/// \param samples  the streams of the held-out text
template <class Act>
[[nodiscard]] LayerAnalysis analyze_layers(const parsae::Autoencoder<Act>& sae,
                                           const parsae::LayeredSamples<float>& samples,
                                           const parsae::LayerTransform<float>& transform, std::uint64_t seed,
                                           parsae::Threads threads) {
  using Source = parsae::LayeredSource<float>;
  Source source(samples, transform, {.epochs = 1, .order = Source::Order::Sequential, .threads = threads});
  const parsae::LayerEvaluation evaluation = parsae::evaluate_layers(sae, source, {.seed = seed, .threads = threads});
  source.seek({});
  LayerAnalysis analysis;
  analysis.variance = evaluation.variance.summary();
  analysis.permuted = evaluation.permuted.summary();
  analysis.masses = evaluation.distribution.masses();
  analysis.permuted_masses = detail::permuted_distribution(sae, source, seed, threads).masses();
  for (Index j = 0; j < sae.n_latents(); ++j) analysis.latents.push_back(evaluation.distribution.of(j));
  analysis.cosines = parsae::cosine_by_layer_distance(sae.decoder.w_dec, evaluation.distribution.mean_layers(),
                                                      {.distance_bins = 16, .threads = threads});
  analysis.mean_max_cosine = parsae::mean_max_cosine(sae.decoder.w_dec, threads);
  analysis.dead_fraction = evaluation.codes.dead_fraction();
  analysis.n_tokens = evaluation.variance.n_tokens();
  detail::compare_layers(samples, analysis);
  return analysis;
}

}  // namespace parsae_examples::multilayer
