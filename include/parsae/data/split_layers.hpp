// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/batch.hpp>
#include <parsae/data/layer_transform.hpp>

#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Layers out of a source whose samples are whole tokens: n_layers d entries, layer 0 first. It hands out what
/// LayeredSource does, and so the layers of a network may lie in files that no memory holds: a row a token, read and
/// mixed by a ShardSource.
///
///     sample i of a batch:  group[i] = i % n_layers,  sample_id[i] = the token's sample_id,
///     inputs = the transform of entries group[i] d to group[i] d + d - 1 of the token
///
/// Positions are those of the source of tokens. Targets and weights are not passed on.
template <class Tokens>
requires(BatchSource<Tokens, typename Tokens::Scalar>) class SplitLayers {
 public:
  using Scalar = typename Tokens::Scalar;

  struct Settings {
    Index n_layers = 1;  ///< >= 1, a divisor of the entries of a token
    Threads threads = Threads::available();
  };

  /// \param tokens     outlives this
  /// \param transform  its lenses: none, or one a layer
  SplitLayers(Tokens& tokens, const Settings& settings, LayerTransform<Scalar> transform = {})
      : tokens_(&tokens), settings_(settings), transform_(std::move(transform)) {
    require_at_least("SplitLayers n_layers", n_layers(), Index{1});
    if (tokens.n_inputs() % n_layers() != 0)
      reject("SplitLayers n_layers", "a divisor of the " + std::to_string(tokens.n_inputs()) + " entries of a token",
             n_layers());
    if (!transform_.lenses().empty())
      require_shape("SplitLayers lenses", static_cast<Index>(transform_.lenses().size()), 1, n_layers(), 1);
  }

  [[nodiscard]] Index n_inputs() const { return tokens_->n_inputs() / n_layers(); }
  [[nodiscard]] Index n_layers() const { return settings_.n_layers; }
  [[nodiscard]] const LayerTransform<Scalar>& transform() const { return transform_; }

  bool next(Batch<Scalar>& batch) {
    if (!tokens_->next(of_tokens_)) return false;
    batch.targets.resize(0, 0);
    batch.weight.clear();
    batch.inputs = split(of_tokens_.inputs);
    label(batch.group, batch.inputs.cols());
    if (of_tokens_.sample_id.empty()) {
      batch.sample_id.clear();
    } else {
      require_shape("SplitLayers sample_id", of_tokens_.sample_id.size(), 1, of_tokens_.inputs.cols(), 1);
      batch.sample_id.resize(batch.inputs.cols());
    }
    for (Index i = 0; i < batch.sample_id.size(); ++i) batch.sample_id[i] = of_tokens_.sample_id[i / n_layers()];
    transform_.apply(batch.inputs, batch.group.slice(), record_, settings_.threads);
    return true;
  }

  /// See LayeredSource.
  void restore(const Batch<Scalar>& last_batch, Eigen::Ref<Matrix<Scalar>> recon) const {
    require_shape("SplitLayers recon", recon.rows(), recon.cols(), n_inputs(), last_batch.group.size());
    transform_.undo(recon, last_batch.group.slice(), record_, settings_.threads);
  }

  /// All layers of the first n >= 1 tokens, transformed; for initialize(). Of a source that has first_samples().
  [[nodiscard]] Matrix<Scalar> first_samples(Index n_tokens) const {
    const Matrix<Scalar> tokens = tokens_->first_samples(n_tokens);
    Matrix<Scalar> samples = split(tokens);
    Buffer<std::int32_t> layers;
    label(layers, samples.cols());
    typename LayerTransform<Scalar>::Record record;
    transform_.apply(samples, layers.slice(), record, settings_.threads);
    return samples;
  }

  [[nodiscard]] SourcePosition position() const { return tokens_->position(); }
  void seek(const SourcePosition& position) { tokens_->seek(position); }

 private:
  /// The same memory, column-major, read as n_layers times as many columns.
  [[nodiscard]] Eigen::Map<const Matrix<Scalar>> split(const Matrix<Scalar>& tokens) const {
    return {tokens.data(), n_inputs(), tokens.cols() * n_layers()};
  }

  void label(Buffer<std::int32_t>& layers, Index count) const {
    layers.resize(count);
    for (Index i = 0; i < count; ++i) layers[i] = static_cast<std::int32_t>(i % n_layers());
  }

  Tokens* tokens_;
  Settings settings_;
  LayerTransform<Scalar> transform_;
  Batch<Scalar> of_tokens_;
  typename LayerTransform<Scalar>::Record record_;  // of the last batch
};

}  // namespace parsae::inline PARSAE_ABI
