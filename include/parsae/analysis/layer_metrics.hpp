// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/reconstruction_metrics.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <cstdint>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// FVU and L0 of each layer, as a stream of batches: ReconstructionMetrics, and active latents a sample, over the
/// samples of one layer at a time. An FVU over all layers together would be about the mean of all of them, and so
/// flattered by how much layers differ.
class LayerMetrics {
 public:
  explicit LayerMetrics(Index n_layers) : reconstruction_(checked(n_layers)), active_(n_layers, 0) {}

  /// \param targets, recon  n_outputs x batch, in the same units
  /// \param layers          the layer of each sample, 0 to n_layers - 1
  template <class Scalar, class CodeScalar>
  void add(const Eigen::Ref<const Matrix<Scalar>>& targets, const Eigen::Ref<const Matrix<Scalar>>& recon,
           const SparseCode<CodeScalar>& code, Slice<const std::int32_t> layers) {
    require_shape("LayerMetrics recon", recon.rows(), recon.cols(), targets.rows(), targets.cols());
    require_shape("LayerMetrics code", code.n_samples(), 1, targets.cols(), 1);
    require_shape("LayerMetrics layers", layers.size(), 1, targets.cols(), 1);
    for (const std::int32_t layer : layers)
      require_between("LayerMetrics layer", Index{layer}, Index{0}, n_layers() - 1);
    for (Index i = 0; i < targets.cols(); ++i) {
      at(layers[i]).add<Scalar>(targets.col(i), recon.col(i));
      for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e) active_[layers[i]] += code.values[e] != 0;
    }
  }

  [[nodiscard]] Index n_layers() const { return active_.size(); }
  [[nodiscard]] Index n_samples(Index layer) const { return at(layer).n_samples(); }

  /// See ReconstructionMetrics; NaN before the layer's first sample.
  [[nodiscard]] double fvu(Index layer) const { return at(layer).fvu(); }
  [[nodiscard]] double mean_squared_error(Index layer) const { return at(layer).mean_squared_error(); }

  /// Mean number of active latents a sample of the layer.
  [[nodiscard]] double l0(Index layer) const {
    return static_cast<double>(active_[layer]) / static_cast<double>(n_samples(layer));
  }

  /// The mean of the layers' FVUs.
  [[nodiscard]] double mean_fvu() const {
    double sum = 0;
    for (Index layer = 0; layer < n_layers(); ++layer) sum += fvu(layer);
    return sum / static_cast<double>(n_layers());
  }

 private:
  static std::size_t checked(Index n_layers) {
    require_at_least("LayerMetrics n_layers", n_layers, Index{1});
    return static_cast<std::size_t>(n_layers);
  }

  [[nodiscard]] ReconstructionMetrics& at(Index layer) { return reconstruction_[static_cast<std::size_t>(layer)]; }
  [[nodiscard]] const ReconstructionMetrics& at(Index layer) const {
    return reconstruction_[static_cast<std::size_t>(layer)];
  }

  std::vector<ReconstructionMetrics> reconstruction_;
  Buffer<std::int64_t> active_;
};

}  // namespace parsae::inline PARSAE_ABI
