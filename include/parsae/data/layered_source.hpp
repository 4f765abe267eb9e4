// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/layer_transform.hpp>
#include <parsae/data/pass_order.hpp>

#include <algorithm>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Batches for one SAE for all layers of a network (Lawson et al., arXiv 2409.04185): tokens are shuffled, and all
/// layers of a token lie side by side in the same batch.
///
///     sample i of a batch:  group[i] = i % n_layers (its layer),  sample_id[i] = its token,
///     n_layers samples a token; inputs = the transform of column sample_id[i] of layer group[i]
///
/// A position counts samples, and a batch only ends between tokens. The passes are one stream, as in MatrixSource. The
/// samples are copied once, into the batch, and transformed there.
template <class ScalarType>
class LayeredSource {
 public:
  using Scalar = ScalarType;
  using Order = PassOrder::Order;

  struct Settings {
    Index tokens_per_batch = 128;  ///< >= 1; a batch has n_layers times as many samples
    Index epochs = 0;              ///< passes over the tokens, 0 to 1e9; 0: without end
    Order order = Order::Shuffled;
    std::uint64_t seed = 0;
    Threads threads = Threads::available();
  };

  /// \param samples    its matrices outlive the source
  /// \param transform  its lenses: none, or one a layer
  LayeredSource(LayeredSamples<Scalar> samples, LayerTransform<Scalar> transform, const Settings& settings)
      : samples_(std::move(samples)),
        transform_(std::move(transform)),
        tokens_per_batch_(settings.tokens_per_batch),
        threads_(settings.threads),
        order_({.source = "LayeredSource",
                .n_items = samples_.n_tokens(),
                .epochs = settings.epochs,
                .order = settings.order,
                .seed = settings.seed}) {
    require_at_least("LayeredSource tokens_per_batch", settings.tokens_per_batch, Index{1});
    if (!transform_.lenses().empty())
      require_shape("LayeredSource lenses", static_cast<Index>(transform_.lenses().size()), 1, n_layers(), 1);
  }

  /// Without a transform.
  LayeredSource(LayeredSamples<Scalar> samples, const Settings& settings)
      : LayeredSource(std::move(samples), LayerTransform<Scalar>(), settings) {}

  [[nodiscard]] Index n_inputs() const { return samples_.n_inputs(); }
  [[nodiscard]] Index n_layers() const { return samples_.n_layers(); }
  [[nodiscard]] Index n_tokens() const { return samples_.n_tokens(); }
  [[nodiscard]] const LayerTransform<Scalar>& transform() const { return transform_; }

  bool next(Batch<Scalar>& batch) {
    const Index n_tokens = order_.available(tokens_per_batch_);
    if (n_tokens == 0) return false;
    batch.targets.resize(0, 0);
    batch.weight.clear();
    fill(order_, n_tokens, batch);
    transform_.apply(batch.inputs, batch.group.slice(), record_, threads_);
    return true;
  }

  /// Brings reconstructions of the last batch, in the places of its samples, back to the network's units: the inverse
  /// of the transform.
  void restore(const Batch<Scalar>& last_batch, Eigen::Ref<Matrix<Scalar>> recon) const {
    require_shape("LayeredSource recon", recon.rows(), recon.cols(), n_inputs(), last_batch.group.size());
    transform_.undo(recon, last_batch.group.slice(), record_, threads_);
  }

  /// All layers of the first n >= 1 tokens that this source hands out from its beginning (or of all that there are),
  /// transformed; for initialize(). The position stays where it is.
  [[nodiscard]] Matrix<Scalar> first_samples(Index n_tokens) const {
    require_at_least("LayeredSource first tokens", n_tokens, Index{1});
    PassOrder from_start = order_;
    from_start.seek({});
    Batch<Scalar> batch;
    typename LayerTransform<Scalar>::Record record;
    fill(from_start, std::min(n_tokens, samples_.n_tokens()), batch);
    transform_.apply(batch.inputs, batch.group.slice(), record, threads_);
    return batch.inputs;
  }

  [[nodiscard]] SourcePosition position() const {
    const SourcePosition tokens = order_.position();
    return {tokens.epoch, tokens.sample * n_layers()};
  }

  /// \param position  of a token's first sample: `sample` is a multiple of n_layers
  void seek(const SourcePosition& position) {
    if (position.sample % n_layers() != 0)
      reject("LayeredSource position sample", "a multiple of " + std::to_string(n_layers()) + ", the number of layers",
             position.sample);
    order_.seek({position.epoch, position.sample / n_layers()});
  }

 private:
  void fill(PassOrder& order, Index n_tokens, Batch<Scalar>& batch) const {
    const Index count = n_tokens * n_layers();
    batch.inputs.resize(n_inputs(), count);
    batch.group.resize(count);
    batch.sample_id.resize(count);
    for (Index i = 0; i < count; i += n_layers()) {
      const Index token = order.next();
      for (Index layer = 0; layer < n_layers(); ++layer) {
        batch.inputs.col(i + layer) = samples_.layer(layer).col(token);
        batch.group[i + layer] = static_cast<std::int32_t>(layer);
        batch.sample_id[i + layer] = token;
      }
    }
  }

  LayeredSamples<Scalar> samples_;
  LayerTransform<Scalar> transform_;
  Index tokens_per_batch_;
  Threads threads_;
  PassOrder order_;
  typename LayerTransform<Scalar>::Record record_;  // of the last batch
};

}  // namespace parsae::inline PARSAE_ABI
