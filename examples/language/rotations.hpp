// SPDX-License-Identifier: MIT
#pragma once

#include <language/llama_checkpoint.hpp>

#include <cmath>

namespace parsae_examples {

/// Rotary position embedding (arXiv 2104.09864): entries 2i and 2i + 1 of a head at position p turn by the angle
///
///     p * 10000^(-2i / head_size)
///
/// A checkpoint that stores cosines and sines has the ones it was trained with; for others they are computed.
class Rotations {
 public:
  Rotations() = default;

  explicit Rotations(const LlamaCheckpoint& checkpoint) : head_size_(checkpoint.shape().head_size()) {
    if (!checkpoint.has_rotations()) return;
    cosines_ = checkpoint.tensor(LlamaTensor::RotationCosines);
    sines_ = checkpoint.tensor(LlamaTensor::RotationSines);
  }

  /// Fills `cosines` and `sines` (head_size / 2 each) for one position below the context.
  void at(Index position, float* cosines, float* sines) const {
    for (Index i = 0; i < head_size_ / 2; ++i) {
      if (cosines_.size() > 0) {
        cosines[i] = cosines_(i, position);
        sines[i] = sines_(i, position);
        continue;
      }
      const double share = 2 * static_cast<double>(i) / static_cast<double>(head_size_);
      const double angle = static_cast<double>(position) * std::pow(10000.0, -share);
      cosines[i] = static_cast<float>(std::cos(angle));
      sines[i] = static_cast<float>(std::sin(angle));
    }
  }

  /// Turns `n_heads` heads that lie one after another.
  void turn(const float* cosines, const float* sines, Index n_heads, float* heads) const {
    for (Index h = 0; h < n_heads; ++h, heads += head_size_) {
      for (Index i = 0; i < head_size_ / 2; ++i) {
        const float even = heads[2 * i];
        const float odd = heads[2 * i + 1];
        heads[2 * i] = even * cosines[i] - odd * sines[i];
        heads[2 * i + 1] = even * sines[i] + odd * cosines[i];
      }
    }
  }

 private:
  Index head_size_ = 0;
  parsae::Matrix<float> cosines_;  // head_size / 2 x context, or empty
  parsae::Matrix<float> sines_;
};

}  // namespace parsae_examples
