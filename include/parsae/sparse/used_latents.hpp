// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/latent_major.hpp>

namespace parsae::inline PARSAE_ABI {

/// The latents that a code stores at all, ascending, and the rank of each among them. A product in register tiles runs
/// over these alone, so a code of few latents with many entries each (an auxiliary code of dead latents) is as dense as
/// a code that uses every latent half of the time (ReLU before training).
template <class Scalar>
class UsedLatents {
 public:
  void find(const LatentMajor<Scalar>& by_latent) {
    latents_.clear();
    latents_.reserve(by_latent.n_latents());
    ranks_.resize(by_latent.n_latents());
    for (Index j = 0; j < by_latent.n_latents(); ++j) {
      if (by_latent.count_of(j) == 0) continue;
      ranks_[j] = static_cast<LatentId>(latents_.size());
      latents_.push_back(static_cast<LatentId>(j));
    }
  }

  [[nodiscard]] Index size() const { return latents_.size(); }
  [[nodiscard]] LatentId latent(Index rank) const { return latents_[rank]; }
  [[nodiscard]] Index rank(LatentId latent) const { return ranks_[latent]; }

 private:
  Buffer<LatentId> latents_;
  Buffer<LatentId> ranks_;
};

}  // namespace parsae::inline PARSAE_ABI
