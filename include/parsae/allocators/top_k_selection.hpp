// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/sample_groups.hpp>
#include <parsae/sparse/selection.hpp>

#include <algorithm>
#include <functional>

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
    Buffer<Scalar> values;  ///< of one sample
  };
  static constexpr bool raises_floors = true;

  /// \param k         at most so many entries a sample, >= 0
  /// \param eligible  n_latents flags, or empty for all latents; outlives the walk
  TopKSelection(Index batch, Index k, Slice<const std::uint8_t> eligible = {})
      : batch_(batch), k_(k), eligible_(eligible) {}

  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker) const { worker.settled.clear(); }

  /// Twice what tightening can leave, so that each tightening frees at least half of the buffer.
  [[nodiscard]] Index buffer_size(Index block) const { return 2 * block * k_ + 4 * PanelProduct<Scalar>::latents; }

  void begin(Worker& worker, SampleRange block, Floors<Scalar> floors) const {
    worker.settled.reserve(batch_ * k_);  // a worker may come to do every block
    worker.groups.reserve(block.size(), buffer_size(block.size()));
    worker.values.reserve(buffer_size(block.size()));
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
      std::sort(winners.begin(), winners.end(), comes_before<Scalar>);
      worker.settled.append(winners);
    }
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const { write_code(workers, batch_, code); }

 private:
  static void group(Worker& worker, SampleRange block, const Buffer<Candidate<Scalar>>& kept) {
    worker.groups.build(block, kept.slice(), [](const Candidate<Scalar>& entry) { return entry.pre_act > 0; });
  }

  /// The k winners of sample i of the block, or all its candidates where they are fewer. A threshold on the values
  /// decides nearly always, which costs half of an nth_element on candidates; ties at the threshold need the whole
  /// order.
  [[nodiscard]] Slice<Candidate<Scalar>> winners_of(Worker& worker, Index i) const {
    const Slice<Candidate<Scalar>> all = worker.groups.of(i);
    if (all.size() <= k_ || k_ == 0) return all.part(0, std::min(all.size(), k_));
    worker.values.resize(all.size());
    for (Index e = 0; e < all.size(); ++e) worker.values[e] = all[e].pre_act;
    std::nth_element(worker.values.begin(), worker.values.begin() + (k_ - 1), worker.values.end(),
                     std::greater<Scalar>());
    const Scalar kth = worker.values[k_ - 1];
    const auto last =
        std::partition(all.begin(), all.end(), [&](const Candidate<Scalar>& e) { return e.pre_act >= kth; });
    if (last - all.begin() > k_) std::nth_element(all.begin(), all.begin() + (k_ - 1), last, wins<Scalar>);
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
