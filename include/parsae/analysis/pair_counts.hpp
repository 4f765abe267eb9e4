// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// In how many samples each two latents are active together, batch by batch. Explicit zeros are inactive.
///
/// Memory 2 n_latents^2 bytes (a triangle of 32-bit counts: 32 MiB for 4,096 latents); time the number of active pairs,
/// about L0^2 / 2 a sample. The counts are the same for any number of threads and any cut into batches.
class PairCounts {
 public:
  /// \param n_latents  1 to 65536
  explicit PairCounts(Index n_latents) : active_(n_latents_in_range(n_latents), 0) {
    together_.assign(row_begin(n_latents), 0);
  }

  /// Throws std::invalid_argument for a latent out of range and beyond 2^32 - 1 samples.
  template <class Scalar>
  void add(const SparseCode<Scalar>& code, Threads threads) {
    require_latents("PairCounts latent", code, n_latents());
    require_between("PairCounts samples", n_samples_ + code.n_samples(), Index{0},
                    Index{std::numeric_limits<std::uint32_t>::max()});
    n_samples_ += code.n_samples();
    collect_active(code);
    sort_by_latent();
    // A task owns the rows of its latents: pairs (j, i) with i < j.
    threads.for_each(divide_up(n_latents(), rows_of_task), [&](Index task, int) {
      const Index end = std::min(n_latents(), (task + 1) * rows_of_task);
      for (Index j = task * rows_of_task; j < end; ++j) count_row(j);
    });
  }

  [[nodiscard]] Index n_latents() const { return active_.size(); }
  [[nodiscard]] Index n_samples() const { return n_samples_; }

  /// Samples in which the latent is active.
  [[nodiscard]] std::int64_t active(Index latent) const { return active_[latent]; }

  /// Samples in which both latents are active.
  [[nodiscard]] std::int64_t together(Index a, Index b) const {
    if (a == b) return active_[a];
    return together_[row_begin(std::max(a, b)) + std::min(a, b)];
  }

 private:
  static constexpr Index rows_of_task = 16;

  [[nodiscard]] static Index n_latents_in_range(Index n_latents) {
    require_between("PairCounts n_latents", n_latents, Index{1}, Index{1} << 16);
    return n_latents;
  }

  [[nodiscard]] static Index row_begin(Index latent) { return latent * (latent - 1) / 2; }

  /// The batch without its explicit zeros, compressed by sample.
  template <class Scalar>
  void collect_active(const SparseCode<Scalar>& code) {
    sample_begin_.assign(1, 0);
    latents_.clear();
    for (Index i = 0; i < code.n_samples(); ++i) {
      for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
        if (code.values[e] != 0) latents_.push_back(code.latents[e]);
      sample_begin_.push_back(latents_.size());
    }
  }

  /// For each latent where its entries are: the first entry of the sample and the entry itself.
  void sort_by_latent() {
    latent_begin_.assign(n_latents() + 1, 0);
    for (const LatentId latent : latents_) ++latent_begin_[latent + 1];
    for (Index j = 0; j < n_latents(); ++j) {
      active_[j] += latent_begin_[j + 1];
      latent_begin_[j + 1] += latent_begin_[j];
    }
    uses_.resize(latents_.size());
    next_ = latent_begin_;
    for (Index i = 0; i + 1 < sample_begin_.size(); ++i)
      for (Index e = sample_begin_[i]; e < sample_begin_[i + 1]; ++e)
        uses_[next_[latents_[e]]++] = {sample_begin_[i], e};
  }

  /// Latents are ascending within a sample, so those before an entry are the smaller ones.
  void count_row(Index latent) {
    std::uint32_t* const row = together_.data() + row_begin(latent);
    for (Index u = latent_begin_[latent]; u < latent_begin_[latent + 1]; ++u)
      for (Index e = uses_[u].sample_begin; e < uses_[u].entry; ++e) ++row[latents_[e]];
  }

  struct Use {
    Index sample_begin = 0;
    Index entry = 0;
  };

  Index n_samples_ = 0;
  Buffer<std::int64_t> active_;
  Buffer<std::uint32_t> together_;  // row j: pairs (j, 0) to (j, j - 1)
  Buffer<Index> sample_begin_;
  Buffer<LatentId> latents_;
  Buffer<Index> latent_begin_;
  Buffer<Index> next_;
  Buffer<Use> uses_;
};

}  // namespace parsae::inline PARSAE_ABI
