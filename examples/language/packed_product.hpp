// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/panel_product.hpp>

#include <language/llama_shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace parsae_examples {

/// Columns on their way into one or several products.
class PackedColumns {
 public:
  using Product = parsae::PanelProduct<float>;

  /// Packs `n` columns of `n_inputs` entries, a column every `stride`. Keeps its memory.
  void pack(const float* columns, Index stride, Index n_inputs, Index n) {
    n_inputs_ = n_inputs;
    n_ = n;
    packed_.resize(n_tiles() * Product::samples * n_inputs);
    for (Index tile = 0; tile < n_tiles(); ++tile) {
      const Index first = tile * Product::samples;
      Product::pack_samples(columns + first * stride, stride, std::min(Product::samples, n - first), n_inputs,
                            packed_.data() + first * n_inputs);
    }
  }

  [[nodiscard]] Index size() const { return n_; }
  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_tiles() const { return parsae::divide_up(n_, Product::samples); }
  [[nodiscard]] const float* tile(Index t) const { return packed_.data() + t * Product::samples * n_inputs_; }

 private:
  Index n_inputs_ = 0;
  Index n_ = 0;
  parsae::Buffer<float> packed_;
};

/// y = W^T x for weights W (n_inputs x n_outputs) that stay and are packed once.
///
/// Eigen's product splits its sums by the number of columns and of threads. The register tile of parsae's encoder never
/// splits a sum, so a token has the same bits whether it is computed alone, in a text, or beside other sequences.
class PackedProduct {
 public:
  using Product = parsae::PanelProduct<float>;

  PackedProduct() = default;

  explicit PackedProduct(const Eigen::Map<const parsae::Matrix<float>>& weights)
      : n_inputs_(weights.rows()), n_outputs_(weights.cols()), panels_(padded_outputs() * weights.rows()) {
    for (Index first = 0; first < n_outputs_; first += Product::latents)
      Product::pack_latents(weights.data() + first * n_inputs_, std::min(Product::latents, n_outputs_ - first),
                            n_inputs_, panels_.data() + first * n_inputs_);
  }

  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_outputs() const { return n_outputs_; }

  /// n_outputs in whole panels: the rows that multiply() writes.
  [[nodiscard]] Index padded_outputs() const {
    return parsae::divide_up(n_outputs_, Product::latents) * Product::latents;
  }

  /// \param outputs  padded_outputs() x columns.size(); rows from n_outputs on become zero
  void multiply(const PackedColumns& columns, float* outputs) const {
    static constexpr float no_bias[std::size_t{Product::latents}] = {};
    float tile[std::size_t{Product::samples * Product::latents}];
    for (Index first = 0; first < padded_outputs(); first += Product::latents) {
      for (Index t = 0; t < columns.n_tiles(); ++t) {
        Product::multiply(columns.tile(t), panels_.data() + first * n_inputs_, n_inputs_, no_bias, tile);
        const Index begin = t * Product::samples;
        const Index n = std::min(Product::samples, columns.size() - begin);
        for (Index i = 0; i < n; ++i)
          std::memcpy(outputs + (begin + i) * padded_outputs() + first, tile + i * Product::latents,
                      sizeof(float) * std::size_t{Product::latents});
      }
    }
  }

 private:
  Index n_inputs_ = 0;
  Index n_outputs_ = 0;
  parsae::Buffer<float> panels_;
};

}  // namespace parsae_examples
