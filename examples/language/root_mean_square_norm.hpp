// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/column.hpp>

#include <language/llama_shape.hpp>

#include <cmath>

namespace parsae_examples {

/// RMSNorm (arXiv 1910.07467): to_i = weight_i * from_i / sqrt(mean of from^2 + 1e-5).
class RootMeanSquareNorm {
 public:
  RootMeanSquareNorm() = default;

  /// \param weight  width x 1
  explicit RootMeanSquareNorm(const Eigen::Map<const parsae::Matrix<float>>& weight) : weight_(weight.col(0)) {}

  /// \param from, to  width entries
  void apply(const float* from, float* to) const {
    const Index width = weight_.size();
    const float mean_square = parsae::Column<float>::dot(from, from, width) / static_cast<float>(width);
    const float scale = 1 / std::sqrt(mean_square + 1e-5F);
    for (Index i = 0; i < width; ++i) to[i] = weight_(i) * (scale * from[i]);
  }

 private:
  parsae::Vector<float> weight_;
};

}  // namespace parsae_examples
