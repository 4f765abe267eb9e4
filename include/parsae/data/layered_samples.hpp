// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <limits>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The activations of several layers for the same tokens: one matrix a layer, n_inputs x n_tokens, and column t of each
/// belongs to token t. Views only; the matrices are not copied and must outlive it.
template <class ScalarType>
class LayeredSamples {
 public:
  using Scalar = ScalarType;
  using Layer = Eigen::Map<const Matrix<Scalar>, 0, Eigen::OuterStride<>>;

  /// \param layers  a range of matrices, maps or blocks of one shape, at least one, finite; the first is layer 0
  template <class Layers>
  explicit LayeredSamples(const Layers& layers) {
    for (const auto& layer : layers) {
      using Plain = std::remove_cvref_t<decltype(layer)>;
      static_assert(
          (Plain::Flags & Eigen::DirectAccessBit) != 0 && !Plain::IsRowMajor && Plain::InnerStrideAtCompileTime == 1,
          "each layer must lie in memory, n_inputs x n_tokens and column-major");
      add(Layer(layer.data(), layer.rows(), layer.cols(), Eigen::OuterStride<>(layer.outerStride())));
    }
    require_at_least("LayeredSamples layers", n_layers(), Index{1});
  }

  /// Matrices on their way out would be gone before the first batch.
  template <class Layers>
  requires(!std::is_lvalue_reference_v<Layers> &&
           std::is_same_v<std::ranges::range_value_t<Layers>,
                          Matrix<Scalar>>) explicit LayeredSamples(Layers&& layers) = delete;

  [[nodiscard]] Index n_layers() const { return static_cast<Index>(layers_.size()); }
  [[nodiscard]] Index n_inputs() const { return layers_.front().rows(); }
  [[nodiscard]] Index n_tokens() const { return layers_.front().cols(); }

  [[nodiscard]] const Layer& layer(Index layer) const { return layers_[static_cast<std::size_t>(layer)]; }

 private:
  void add(const Layer& layer) {
    const std::string name = "LayeredSamples layer " + std::to_string(n_layers());
    require_at_least(name + " inputs", layer.rows(), Index{1});
    require_at_least(name + " tokens", layer.cols(), Index{1});
    if (!layers_.empty()) require_shape(name, layer.rows(), layer.cols(), n_inputs(), n_tokens());
    require_at_least(name + " stride between tokens", layer.outerStride(), layer.rows());
    require_finite(name, layer);
    layers_.push_back(layer);
  }

  std::vector<Layer> layers_;
};

}  // namespace parsae::inline PARSAE_ABI
