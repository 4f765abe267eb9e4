// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/tree_frontier.hpp>
#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/sample_groups.hpp>
#include <parsae/sparse/selection.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// For each sample the k latents that TreeFrontier takes from its positive pre-activations: none without its parent.
///
/// The walk meets latents in any order, so a candidate waits until its ancestors may have come: a worker holds, for the
/// samples of its block, every candidate that is not below the least of the k that its sample could take so far, which
/// is also the sample's floor. That is little more than k a sample where the trees let most of the large ones through,
/// and up to all positive ones where roots are seldom active.
template <class Scalar>
class TreeGatedSelection {
 public:
  struct Worker {
    Buffer<Candidate<Scalar>> settled;
    Buffer<Candidate<Scalar>> waiting;  ///< of this block
    Index n_left = 0;                   ///< of them, after the last look at them
    SampleGroups<Candidate<Scalar>> groups;
    TreeFrontier<Scalar> frontier;
  };
  static constexpr bool raises_floors = true;

  /// \param k       at most so many entries a sample, >= 0, ancestors included
  /// \param forest  of the latents; outlives the walk and does not change meanwhile
  TreeGatedSelection(Index batch, Index k, const LatentForest<Scalar>& forest)
      : batch_(batch), k_(k), forest_(&forest), is_flat_(forest.is_flat()) {}

  /// Among roots alone these are the k largest.
  [[nodiscard]] Index most_per_sample() const { return is_flat_ ? k_ : 0; }
  [[nodiscard]] Worker worker() const { return {}; }

  void reset(Worker& worker, Index block) const {
    worker.settled.clear();
    worker.settled.reserve(batch_ * k_);
    worker.waiting.reserve(2 * buffer_size(block));
    worker.groups.reserve(block, 2 * buffer_size(block));
    worker.frontier.reserve(forest_->n_latents());
  }

  /// Three times k a sample, as for TopK.
  [[nodiscard]] Index buffer_size(Index block) const { return 3 * block * k_ + 4 * PanelProduct<Scalar>::latents; }

  void begin(Worker& worker, SampleRange, Floors<Scalar> floors) const {
    worker.waiting.clear();
    worker.n_left = 0;
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), k_ > 0 ? Scalar(0) : floor_never<Scalar>);
    std::fill(floors.by_latent.begin(), floors.by_latent.end(), floor_always<Scalar>);
  }

  void tighten(Worker& worker, SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    wait(worker, kept);
    // Where few could go the last time, a look at all of them again has to wait until they are twice as many.
    if (worker.waiting.size() < 2 * worker.n_left) return;
    group(worker, block);
    worker.waiting.clear();
    for (Index i = 0; i < block.size(); ++i) {
      const Slice<Candidate<Scalar>> all = worker.groups.of(i);
      const Slice<Candidate<Scalar>> taken = worker.frontier.take(*forest_, k_, all);
      if (k_ > 0 && taken.size() == k_) floors.by_sample[i] = least(taken);
      for (const Candidate<Scalar>& entry : all)
        if (entry.pre_act >= floors.by_sample[i]) worker.waiting.push_back(entry);
    }
    worker.n_left = worker.waiting.size();
  }

  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    wait(worker, kept);
    group(worker, block);
    for (Index i = 0; i < block.size(); ++i) {
      const Slice<Candidate<Scalar>> taken = worker.frontier.take(*forest_, k_, worker.groups.of(i));
      std::sort(taken.begin(), taken.end(), comes_before<Scalar>);
      worker.settled.append(taken);
    }
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const { write_code(workers, batch_, code); }

 private:
  static void wait(Worker& worker, Buffer<Candidate<Scalar>>& kept) {
    worker.waiting.append(kept.slice());
    kept.clear();
  }

  static void group(Worker& worker, SampleRange block) {
    worker.groups.build(block, worker.waiting.slice(),
                        [](const Candidate<Scalar>& entry) { return entry.pre_act > 0; });
  }

  [[nodiscard]] static Scalar least(Slice<const Candidate<Scalar>> taken) {
    Scalar value = taken[0].pre_act;
    for (const Candidate<Scalar>& entry : taken) value = std::min(value, entry.pre_act);
    return value;
  }

  Index batch_;
  Index k_;
  const LatentForest<Scalar>* forest_;
  bool is_flat_;
};

}  // namespace parsae::inline PARSAE_ABI
