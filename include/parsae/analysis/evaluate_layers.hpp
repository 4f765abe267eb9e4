// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_metrics.hpp>
#include <parsae/analysis/layer_distribution.hpp>
#include <parsae/analysis/layer_metrics.hpp>
#include <parsae/analysis/layer_variance.hpp>
#include <parsae/analysis/permuted_layers.hpp>
#include <parsae/data/batch.hpp>
#include <parsae/model/autoencoder.hpp>

namespace parsae::inline PARSAE_ABI {

/// What one model does on the layers of a network, with its inference rule.
struct LayerEvaluation {
  LayerMetrics metrics;            ///< FVU and L0 of each layer, in the units of the source
  LayerMetrics restored;           ///< the same in the network's units, where the source can go back to them
  CodeMetrics codes;               ///< over all layers: a latent is dead if no layer has it
  LayerDistribution distribution;  ///< P(layer | latent)
  LayerVariance variance;          ///< in a token, and over all tokens
  LayerVariance permuted;          ///< the control: the labels of each token's layers in random order
};

struct EvaluateLayersSettings {
  Index max_tokens = 1'000'000;  ///< stop after the batch that reaches so many, >= 1: a source may be endless
  std::uint64_t seed = 0;        ///< of the control
  Threads threads = Threads::available();
};

/// Runs a source of whole tokens, such as LayeredSource, to its end (or to max_tokens) through encode() and decode().
template <class Act, BatchSource<typename Act::Scalar> Source>
[[nodiscard]] LayerEvaluation evaluate_layers(const Autoencoder<Act>& model, Source& source,
                                              const EvaluateLayersSettings& settings = {}) {
  using Scalar = typename Act::Scalar;
  require_at_least("evaluate_layers max_tokens", settings.max_tokens, Index{1});
  const Index n_layers = source.n_layers();
  const LayerVariance nothing(model.n_latents(), n_layers);
  LayerEvaluation result{LayerMetrics(n_layers),
                         LayerMetrics(n_layers),
                         CodeMetrics(model.n_latents()),
                         LayerDistribution(model.n_latents(), n_layers),
                         nothing,
                         nothing};
  Batch<Scalar> batch;
  while (result.variance.n_tokens() < settings.max_tokens && source.next(batch)) {
    const SparseCode<Scalar> code = model.encode(batch.inputs, settings.threads);
    Matrix<Scalar> recon = model.decode(code, settings.threads);
    const Slice<const std::int32_t> layers = batch.group.slice();
    const Slice<const std::int64_t> tokens = batch.sample_id.slice();
    result.variance.add(code, layers, tokens);
    result.permuted.add(code, permuted_layers(layers, tokens, n_layers, settings.seed).slice(), tokens);
    result.distribution.add(code, layers);
    result.codes.add(code);
    result.metrics.template add<Scalar>(batch.inputs, recon, code, layers);
    if constexpr (requires { source.restore(batch, recon); }) {
      source.restore(batch, recon);
      source.restore(batch, batch.inputs);
      result.restored.template add<Scalar>(batch.inputs, recon, code, layers);
    }
  }
  if (result.variance.n_tokens() == 0) reject("evaluate_layers source", "at least one token", "none");
  return result;
}

}  // namespace parsae::inline PARSAE_ABI
