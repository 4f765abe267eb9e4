// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/losses/auxiliary.hpp>

#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// How long each latent has been silent, counted in samples, not in steps: the count means the same at every batch
/// size.
class LatentStatistics {
 public:
  LatentStatistics() = default;

  /// \param dead_after_samples  a latent without activity for so many samples is dead, >= 1
  LatentStatistics(Index n_latents, Index dead_after_samples)
      : dead_after_samples_(dead_after_samples), samples_since_active_(n_latents, 0), dead_(n_latents, 0) {}

  /// \param active  n_latents counts: samples of this batch in which the latent was active
  void observe(Slice<const std::int32_t> active, Index batch) {
    n_dead_ = 0;
    for (Index j = 0; j < active.size(); ++j) {
      samples_since_active_[j] = active[j] > 0 ? 0 : samples_since_active_[j] + batch;
      dead_[j] = samples_since_active_[j] >= dead_after_samples_;
      n_dead_ += dead_[j];
    }
  }

  [[nodiscard]] LatentHistory history() const { return {dead_.slice(), n_dead_}; }
  [[nodiscard]] Index n_dead() const { return n_dead_; }
  [[nodiscard]] const Buffer<std::int64_t>& samples_since_active() const { return samples_since_active_; }

 private:
  Index dead_after_samples_ = 1;
  Index n_dead_ = 0;
  Buffer<std::int64_t> samples_since_active_;
  Buffer<std::uint8_t> dead_;
};

}  // namespace parsae::inline PARSAE_ABI
