// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/latent_major.hpp>
#include <parsae/sparse/packed_row.hpp>

namespace parsae::inline PARSAE_ABI {

/// The latents that a code stores at all, ascending, and the rank of each among them. A product in register tiles runs
/// over these alone, so a code of few latents with many entries each (an auxiliary code of dead latents) is as dense as
/// a code that uses every latent half of the time (ReLU before training).
///
/// Ranks come in panels as wide as a tile. Each sample's part of a panel is known as a word of bits and the place of
/// its first entry, so that entries move between code and tile in whole vectors, in any order of panels.
template <class Scalar>
class UsedLatents {
 public:
  static constexpr Index panel_width = PackedRow<Scalar>::width;

  /// Samples whose words of one panel lie side by side.
  static constexpr Index strip = Simd<Scalar>::width;

  /// \param by_latent  counted
  void find(const SparseCode<Scalar>& code, const LatentMajor<Scalar>& by_latent, Threads threads) {
    rank(by_latent);
    n_panels_ = divide_up(size(), panel_width);
    const Index n_strips = divide_up(code.n_samples(), strip);
    bits_.assign(n_strips * n_panels_ * strip, 0U);
    first_.resize(n_strips * n_panels_ * strip);
    constexpr Index block = divide_up(Index{64}, strip) * strip;
    threads.for_each(divide_up(code.n_samples(), block), [&](Index task, int) {
      const Index last = std::min(code.n_samples(), (task + 1) * block);
      for (Index i = task * block; i < last; ++i) find_bits(code, i);
    });
  }

  [[nodiscard]] Index size() const { return latents_.size(); }
  [[nodiscard]] Index n_panels() const { return n_panels_; }
  [[nodiscard]] LatentId latent(Index rank) const { return latents_[rank]; }
  [[nodiscard]] Index rank(LatentId latent) const { return ranks_[latent]; }

  /// Bit r: the sample stores an entry of rank panel * panel_width + r.
  [[nodiscard]] std::uint32_t bits(Index panel, Index sample) const { return bits_[place(panel, sample)]; }

  /// The words of `strip` samples from `sample` on, a multiple of strip; zero behind the last sample.
  [[nodiscard]] const std::uint32_t* strip_bits(Index panel, Index sample) const {
    return bits_.data() + place(panel, sample);
  }

  /// The sample's first entry of the panel, or where it would be.
  [[nodiscard]] Index first_entry(const SparseCode<Scalar>& code, Index panel, Index sample) const {
    return code.begin_of(sample) + first_[place(panel, sample)];
  }

 private:
  void rank(const LatentMajor<Scalar>& by_latent) {
    latents_.clear();
    latents_.reserve(by_latent.n_latents());
    ranks_.resize(by_latent.n_latents());
    for (Index j = 0; j < by_latent.n_latents(); ++j) {
      if (by_latent.count_of(j) == 0) continue;
      ranks_[j] = static_cast<LatentId>(latents_.size());
      latents_.push_back(static_cast<LatentId>(j));
    }
  }

  void find_bits(const SparseCode<Scalar>& code, Index sample) {
    const LatentId* entry = code.latents.data() + code.begin_of(sample);
    const LatentId* const begin = entry;
    const LatentId* const end = begin + code.count_of(sample);
    for (Index panel = 0; panel < n_panels_; ++panel) {
      const Index first_rank = panel * panel_width;
      first_[place(panel, sample)] = static_cast<std::int32_t>(entry - begin);
      std::uint32_t word = 0;
      for (; entry != end; ++entry) {
        const Index r = ranks_[*entry] - first_rank;
        if (r >= panel_width) break;
        word |= 1U << r;
      }
      bits_[place(panel, sample)] = word;
    }
  }

  [[nodiscard]] Index place(Index panel, Index sample) const {
    return (sample / strip * n_panels_ + panel) * strip + sample % strip;
  }

  Index n_panels_ = 0;
  Buffer<LatentId> latents_;
  Buffer<LatentId> ranks_;
  Buffer<std::uint32_t> bits_;  ///< n_strips x n_panels x strip
  Buffer<std::int32_t> first_;  ///< of the same shape; counted from the sample's first entry
};

}  // namespace parsae::inline PARSAE_ABI
