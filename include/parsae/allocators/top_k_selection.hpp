// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>
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
    Buffer<Index> ends;
    Buffer<Candidate<Scalar>> grouped;
  };

  /// \param k         at most so many entries a sample, >= 0
  /// \param eligible  n_latents flags, or empty for all latents; outlives the walk
  TopKSelection(Index batch, Index k, Slice<const std::uint8_t> eligible = {})
      : batch_(batch), k_(k), eligible_(eligible) {}

  [[nodiscard]] Worker worker() const { return {}; }

  /// Twice what tightening can leave, so that each tightening frees at least half of the buffer.
  [[nodiscard]] Index buffer_size(Index block) const { return 2 * block * k_ + 4 * PanelProduct<Scalar>::latents; }

  void begin(Worker& worker, SampleRange, Floors<Scalar> floors) const {
    worker.settled.reserve(batch_ * k_);  // a worker may come to do every block
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), k_ > 0 ? Scalar(0) : floor_never<Scalar>);
    for (Index j = 0; j < floors.by_latent.size(); ++j)
      floors.by_latent[j] = eligible_.empty() || eligible_[j] != 0 ? floor_always<Scalar> : floor_never<Scalar>;
  }

  void tighten(Worker& worker, SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    keep_winners(worker, block, kept,
                 [&](SampleId sample, Scalar kth) { floors.by_sample[sample - block.begin] = kth; });
  }

  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    keep_winners(worker, block, kept, [](SampleId, Scalar) {});
    std::sort(kept.begin(), kept.end(), comes_before<Scalar>);
    worker.settled.append(kept.slice());
    kept.clear();
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const { write_code(workers, batch_, code); }

 private:
  /// Groups `kept` by sample and leaves the k winners of each; tells `on_full` the k-th value where a sample has k.
  template <class OnFull>
  void keep_winners(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept, const OnFull& on_full) const {
    group_by_sample(worker, block, kept);
    kept.clear();
    Index begin = 0;
    for (Index i = 0; i < block.size(); ++i) {
      Candidate<Scalar>* first = worker.grouped.data() + begin;
      Candidate<Scalar>* last = worker.grouped.data() + worker.ends[i];
      begin = worker.ends[i];
      if (k_ > 0 && last - first >= k_) {
        std::nth_element(first, first + (k_ - 1), last, wins<Scalar>);
        last = first + k_;
        on_full(static_cast<SampleId>(block.begin + i), first[k_ - 1].pre_act);
      }
      for (; first != last; ++first) kept.push_back(*first);
    }
  }

  /// Counting sort of the positive candidates: those of sample i of the block end at ends[i].
  void group_by_sample(Worker& worker, SampleRange block, const Buffer<Candidate<Scalar>>& kept) const {
    worker.grouped.reserve(buffer_size(block.size()));
    worker.ends.assign(block.size() + 1, 0);
    Index positive = 0;
    for (const Candidate<Scalar>& entry : kept) {
      if (!(entry.pre_act > 0)) continue;
      ++worker.ends[entry.sample - block.begin + 1];
      ++positive;
    }
    for (Index i = 0; i < block.size(); ++i) worker.ends[i + 1] += worker.ends[i];
    worker.grouped.resize(positive);
    for (const Candidate<Scalar>& entry : kept)
      if (entry.pre_act > 0) worker.grouped[worker.ends[entry.sample - block.begin]++] = entry;
  }

  Index batch_;
  Index k_;
  Slice<const std::uint8_t> eligible_;
};

}  // namespace parsae::inline PARSAE_ABI
