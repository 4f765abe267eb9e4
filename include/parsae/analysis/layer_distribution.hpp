// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// At which layers one latent is active. Without mass everything is NaN but the mass.
struct LatentLayers {
  double mass = 0;              ///< sum of its values
  double mean = 0;              ///< E[L], in layers
  double deviation = 0;         ///< sqrt Var(L), in layers
  double entropy = 0;           ///< H(L) in nats, 0 to log n_layers
  double effective_layers = 0;  ///< exp H(L), 1 to n_layers
};

/// P(layer | latent) of the codes of all layers of a network, weighted by their values, as a stream of batches (Lawson
/// et al., arXiv 2409.04185):
///
///     P(l | j) = sum of z_j over the samples of layer l / sum of z_j over all samples
///
/// Samples may come in any order, and a layer with more samples counts more. What happens in a single token is the
/// business of LayerVariance.
class LayerDistribution {
 public:
  LayerDistribution(Index n_latents, Index n_layers) {
    require_at_least("LayerDistribution n_latents", n_latents, Index{1});
    require_at_least("LayerDistribution n_layers", n_layers, Index{1});
    masses_ = Matrix<double>::Zero(n_layers, n_latents);
  }

  /// \param code    values finite and >= 0
  /// \param layers  the layer of each sample, 0 to n_layers - 1
  template <class Scalar>
  void add(const SparseCode<Scalar>& code, Slice<const std::int32_t> layers) {
    require_latents("LayerDistribution latent", code, n_latents());
    require_shape("LayerDistribution layers", layers.size(), 1, code.n_samples(), 1);
    for (const std::int32_t layer : layers)
      require_between("LayerDistribution layer", Index{layer}, Index{0}, n_layers() - 1);
    for (const Scalar value : code.values) require_not_negative("LayerDistribution value", static_cast<double>(value));
    for (Index i = 0; i < code.n_samples(); ++i) {
      for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e)
        masses_(layers[i], code.latents[e]) += static_cast<double>(code.values[e]);
    }
  }

  [[nodiscard]] Index n_layers() const { return masses_.rows(); }
  [[nodiscard]] Index n_latents() const { return masses_.cols(); }

  /// n_layers x n_latents: the sum of the latent's values at that layer.
  [[nodiscard]] const Matrix<double>& masses() const { return masses_; }

  /// P(l | latent), n_layers entries; NaN where the latent has no mass.
  [[nodiscard]] Vector<double> probabilities(Index latent) const {
    return masses_.col(latent) / masses_.col(latent).sum();
  }

  [[nodiscard]] LatentLayers of(Index latent) const {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const double mass = masses_.col(latent).sum();
    if (mass == 0) return {0, nan, nan, nan, nan};
    const Vector<double> p = probabilities(latent);
    LatentLayers result{mass, 0, 0, 0, 0};
    for (Index l = 0; l < n_layers(); ++l) {
      result.mean += p(l) * static_cast<double>(l);
      if (p(l) > 0) result.entropy -= p(l) * std::log(p(l));
    }
    double variance = 0;
    for (Index l = 0; l < n_layers(); ++l) {
      const double difference = static_cast<double>(l) - result.mean;
      variance += p(l) * difference * difference;
    }
    result.deviation = std::sqrt(variance);
    result.effective_layers = std::exp(result.entropy);
    return result;
  }

  /// E[L] of every latent, NaN where one has no mass.
  [[nodiscard]] Vector<double> mean_layers() const {
    Vector<double> means(n_latents());
    for (Index j = 0; j < n_latents(); ++j) means(j) = of(j).mean;
    return means;
  }

  /// The latents with mass, ascending in mean layer, then in number: the order of a picture of P(l | j).
  [[nodiscard]] Buffer<LatentId> by_mean_layer() const {
    const Vector<double> means = mean_layers();
    Buffer<LatentId> order;
    for (Index j = 0; j < n_latents(); ++j)
      if (!std::isnan(means(j))) order.push_back(static_cast<LatentId>(j));
    std::stable_sort(order.begin(), order.end(), [&](LatentId a, LatentId b) { return means(a) < means(b); });
    return order;
  }

 private:
  Matrix<double> masses_;
};

}  // namespace parsae::inline PARSAE_ABI
