// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/kth_largest.hpp>
#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/sample_groups.hpp>
#include <parsae/sparse/selection.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// The k largest positive pre-activations of each sample, optionally among a subset of the latents: the same type
/// serves TopK and the auxiliary losses that select among dead latents. A sample with fewer than k positive ones keeps
/// those.
template <class Scalar>
class TopKSelection {
 public:
  struct Worker {
    Buffer<Candidate<Scalar>> settled;
    SampleGroups<Candidate<Scalar>> groups;
    KthLargest<Scalar> values;  ///< of one sample
  };
  static constexpr bool raises_floors = true;

  /// \param k         at most so many entries a sample, >= 0
  /// \param eligible  n_latents flags, or empty for all latents; outlives the walk
  TopKSelection(Index batch, Index k, Slice<const std::uint8_t> eligible = {})
      : batch_(batch), k_(k), eligible_(eligible) {}

  [[nodiscard]] Index most_per_sample() const { return k_; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index block) const {
    worker.settled.clear();
    worker.settled.reserve(batch_ * k_);
    worker.groups.reserve(block, buffer_size(block));
    worker.values.reserve(buffer_size(block));
  }

  /// Three times what tightening can leave: fewer would tighten more often, more would raise floors later.
  [[nodiscard]] Index buffer_size(Index block) const { return 3 * block * k_ + 4 * PanelProduct<Scalar>::latents; }

  void begin(Worker&, SampleRange, Floors<Scalar> floors) const {
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), k_ > 0 ? Scalar(0) : floor_never<Scalar>);
    for (Index j = 0; j < floors.by_latent.size(); ++j)
      floors.by_latent[j] = eligible_.empty() || eligible_[j] != 0 ? floor_always<Scalar> : floor_never<Scalar>;
  }

  void tighten(Worker& worker, SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    group(worker, block, kept);
    kept.clear();
    for (Index i = 0; i < block.size(); ++i) {
      const Slice<Candidate<Scalar>> winners = winners_of(worker, i);
      if (k_ > 0 && winners.size() == k_) floors.by_sample[i] = least(winners);
      kept.append(winners);
    }
  }

  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    group(worker, block, kept);
    kept.clear();
    for (Index i = 0; i < block.size(); ++i) {
      const Slice<Candidate<Scalar>> winners = winners_of(worker, i);
      if (!std::is_sorted(winners.begin(), winners.end(), comes_before<Scalar>))
        std::sort(winners.begin(), winners.end(), comes_before<Scalar>);
      worker.settled.append(winners);
    }
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const { write_code(workers, batch_, code); }

 private:
  static void group(Worker& worker, SampleRange block, const Buffer<Candidate<Scalar>>& kept) {
    worker.groups.build(block, kept.slice(), [](const Candidate<Scalar>& entry) { return entry.pre_act > 0; });
  }

  /// The k winners of sample i of the block, or all its candidates where they are fewer.
  [[nodiscard]] Slice<Candidate<Scalar>> winners_of(Worker& worker, Index i) const {
    const Slice<Candidate<Scalar>> all = worker.groups.of(i);
    if (all.size() <= k_ || k_ == 0) return all.part(0, std::min(all.size(), k_));
    worker.values.assign(all.size(), [&](Index e) { return all[e].pre_act; });
    const Scalar threshold = worker.values.threshold(k_);
    Index n_winners = 0;
    for (const Candidate<Scalar>& entry : all) {  // a store for each costs less than a branch that nobody can foresee
      all[n_winners] = entry;
      n_winners += entry.pre_act >= threshold ? 1 : 0;
    }
    if (n_winners > k_)  // ties at the threshold
      std::nth_element(all.begin(), all.begin() + (k_ - 1), all.begin() + n_winners, wins<Scalar>);
    return all.part(0, k_);
  }

  [[nodiscard]] static Scalar least(Slice<const Candidate<Scalar>> winners) {
    Scalar value = winners[0].pre_act;
    for (const Candidate<Scalar>& entry : winners) value = std::min(value, entry.pre_act);
    return value;
  }

  Index batch_;
  Index k_;
  Slice<const std::uint8_t> eligible_;
};

}  // namespace parsae::inline PARSAE_ABI
