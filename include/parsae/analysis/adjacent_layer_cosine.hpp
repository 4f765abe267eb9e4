// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/token_layers.hpp>

#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// How alike neighboring layers of a network are, as a stream of batches (Lawson et al., arXiv 2409.04185):
///
///     cosine(l) = mean over tokens of cos(x_l - mean_l, x_(l+1) - mean_(l+1)),   norm(l) = mean over tokens of |x_l|
///
/// with the mean sample of each layer taken out, since a few large entries that all tokens share would make any two
/// layers alike. A sample that equals its layer's mean has the cosine 0.
class AdjacentLayerCosine {
 public:
  /// \param means  n_inputs x n_layers, the mean sample of each layer, from a pass over the data before: the columns
  ///               of Standardization::layer_means() of a per_layer one, or mean_of() of each layer
  template <class Scalar>
  explicit AdjacentLayerCosine(const Matrix<Scalar>& means)
      : means_(means.template cast<double>()), cosines_(means.cols(), 0), norms_(means.cols(), 0) {
    require_at_least("AdjacentLayerCosine layers", means.cols(), Index{1});
    require_at_least("AdjacentLayerCosine inputs", means.rows(), Index{1});
    require_finite("AdjacentLayerCosine means", means);
  }

  /// \param samples         n_inputs x batch
  /// \param layers, tokens  of each sample; whole tokens, as require_whole_tokens() has it
  template <class Scalar>
  void add(const Eigen::Ref<const Matrix<Scalar>>& samples, Slice<const std::int32_t> layers,
           Slice<const std::int64_t> tokens) {
    require_shape("AdjacentLayerCosine samples", samples.rows(), samples.cols(), means_.rows(), samples.cols());
    require_whole_tokens("AdjacentLayerCosine", samples.cols(), layers, tokens, n_layers());
    centered_.resize(means_.rows(), n_layers());
    for (Index first = 0; first < samples.cols(); first += n_layers()) {
      for (Index i = first; i < first + n_layers(); ++i) {
        centered_.col(layers[i]) = samples.col(i).template cast<double>() - means_.col(layers[i]);
        norms_[layers[i]] += samples.col(i).template cast<double>().norm();
      }
      for (Index l = 0; l + 1 < n_layers(); ++l) {
        const double norms = centered_.col(l).norm() * centered_.col(l + 1).norm();
        if (norms > 0) cosines_[l] += centered_.col(l).dot(centered_.col(l + 1)) / norms;
      }
      ++n_tokens_;
    }
  }

  [[nodiscard]] Index n_layers() const { return means_.cols(); }
  [[nodiscard]] Index n_tokens() const { return n_tokens_; }

  /// Between `layer` and the next, layer from 0 to n_layers - 2; NaN before the first token.
  [[nodiscard]] double cosine(Index layer) const {
    require_between("AdjacentLayerCosine layer", layer, Index{0}, n_layers() - 2);
    return cosines_[layer] / static_cast<double>(n_tokens_);
  }

  /// The mean norm of a sample of `layer`, not centered.
  [[nodiscard]] double norm(Index layer) const {
    require_between("AdjacentLayerCosine layer", layer, Index{0}, n_layers() - 1);
    return norms_[layer] / static_cast<double>(n_tokens_);
  }

  /// The mean of cosine(l) over all neighbors; NaN for a single layer.
  [[nodiscard]] double mean_cosine() const {
    double sum = 0;
    for (Index l = 0; l + 1 < n_layers(); ++l) sum += cosine(l);
    return sum / static_cast<double>(n_layers() - 1);
  }

 private:
  Matrix<double> means_;
  Matrix<double> centered_;
  Buffer<double> cosines_;
  Buffer<double> norms_;
  Index n_tokens_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
