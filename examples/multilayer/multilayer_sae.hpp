// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "judging.hpp"
#include "layer_analysis.hpp"

namespace parsae_examples::multilayer {

/// The transform that --standardization names.
[[nodiscard]] inline parsae::LayerTransform<float> transform_of(const std::string& name,
                                                                const parsae::LayeredSamples<float>& samples) {
  using Standardization = parsae::Standardization<float>;
  if (name == "per_layer") return Standardization::per_layer(samples);
  if (name == "none") return Standardization::none();
  return Standardization::per_vector();
}

/// A layer's stream as an SAE behind a transform sees it.
struct TransformedLayer {
  parsae::Matrix<float> samples;
  parsae::Buffer<std::int32_t> layers;
  parsae::LayerTransform<float>::Record record;

  TransformedLayer(const parsae::LayerTransform<float>& transform, Index layer,
                   const Eigen::Ref<const parsae::Matrix<float>>& stream, parsae::Threads threads)
      : samples(stream), layers(stream.cols(), static_cast<std::int32_t>(layer)) {
    transform.apply(samples, layers.slice(), record, threads);
  }
};

/// As judge(), for an SAE behind a transform: FVU and loss in the network's units.
inline void judge_transformed(const Host& host, const HeldOut& held_out, const parsae::AnyAutoencoder& sae,
                              const parsae::LayerTransform<float>& transform, LayerRow& row, parsae::Threads threads) {
  judge_by(host, held_out, row, threads,
           [&](const Eigen::Ref<const parsae::Matrix<float>>& stream, parsae::SparseCode<float>& code) {
             const TransformedLayer transformed(transform, row.layer, stream, threads);
             code = encode(sae, transformed.samples, threads);
             parsae::Matrix<float> recon = decode(sae, code, threads);
             transform.undo(recon, transformed.layers.slice(), transformed.record, threads);
             return recon;
           });
}

/// The mean over the columns of `from` of the largest cosine with a column of `to`: near 1 where every latent of one
/// layer's SAE has a twin in the other's.
[[nodiscard]] inline double mean_twin_cosine(const parsae::Matrix<float>& from, const parsae::Matrix<float>& to) {
  const parsae::Matrix<float> cosines = to.colwise().normalized().transpose() * from.colwise().normalized();
  return static_cast<double>(cosines.colwise().maxCoeff().mean());
}

/// One SAE for all layers, and what it is held against.
struct MultiLayerResult {
  Index n_latents = 0;
  double l0 = 0;
  std::string standardization{};
  std::vector<LayerRow> rows{};        ///< of the SAE for all layers, behind each of them
  std::vector<LayerRow> separate{};    ///< one SAE a layer, n_latents in all
  std::vector<double> twin_cosines{};  ///< between the separate SAEs of layer l and l + 1
  LayerAnalysis analysis{};

  [[nodiscard]] bool is_known() const { return !rows.empty(); }
};

}  // namespace parsae_examples::multilayer
