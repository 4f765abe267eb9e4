// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/latent_budgets.hpp>
#include <parsae/allocators/mutual_choice.hpp>

#include <algorithm>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// For each latent, the largest positive pre-activations over the samples of a batch, at most as many as its budget
/// grants.
///
/// A worker holds for each latent the best candidates so far, as a heap with the one that loses to all others on top:
/// it is the floor of the latent once the heap is full. All heaps together have the size of the batch's budget.
template <class Scalar>
class FeatureChoiceSelection {
 public:
  struct Worker : MutualChoiceSelection<Scalar>::Worker {
    Buffer<Index> begins;            ///< n_latents + 1: where the heap of each latent begins
    Buffer<SampleId> counts;         ///< n_latents: candidates in each heap
    Buffer<Candidate<Scalar>> best;  ///< the heaps
  };
  static constexpr bool raises_floors = true;

  /// \param budgets  outlive the walk and do not change meanwhile
  FeatureChoiceSelection(Index batch, const LatentBudgets<Scalar>& budgets) : batch_(batch), budgets_(&budgets) {}

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }

  void reset(Worker& worker, Index) const {
    const Index n_latents = budgets_->n_latents();
    worker.settled.clear();
    worker.counts.assign(n_latents, 0);
    worker.begins.resize(n_latents + 1);
    worker.begins[0] = 0;
    for (Index j = 0; j < n_latents; ++j) worker.begins[j + 1] = worker.begins[j] + budgets_->granted(j, batch_);
    // Later batches of this size grant each latent one more at most.
    const Index total = worker.begins[n_latents];
    if (worker.best.capacity() < total) worker.best.reserve(total + n_latents);
    worker.best.resize(total);
  }

  /// Short: a latent's floor rises only with its own candidates, and taking few costs no more than taking many.
  [[nodiscard]] Index buffer_size(Index) const { return 64 * PanelProduct<Scalar>::latents; }

  void begin(Worker& worker, SampleRange, Floors<Scalar> floors) const {
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), Scalar(0));
    for (Index j = 0; j < floors.by_latent.size(); ++j) floors.by_latent[j] = floor_of(worker, j);
  }

  void tighten(Worker& worker, SampleRange, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    for (const Candidate<Scalar>& entry : kept) {
      if (!(entry.pre_act > 0)) continue;
      insert(worker, entry);
      floors.by_latent[entry.latent] = floor_of(worker, entry.latent);
    }
    kept.clear();
  }

  void end(Worker& worker, SampleRange, Buffer<Candidate<Scalar>>& kept) const {
    for (const Candidate<Scalar>& entry : kept)
      if (entry.pre_act > 0) insert(worker, entry);
    kept.clear();
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const {
    Worker& first = workers[0];
    for (Index w = 1; w < workers.size(); ++w)
      for (Index j = 0; j < budgets_->n_latents(); ++j)
        for (const Candidate<Scalar>& entry : heap(workers[w], j)) insert(first, entry);
    order(first);
    write_code(workers.part(0, 1), batch_, code);
  }

 private:
  [[nodiscard]] static Index capacity(const Worker& worker, Index j) { return worker.begins[j + 1] - worker.begins[j]; }

  [[nodiscard]] static Slice<Candidate<Scalar>> heap(Worker& worker, Index j) {
    return worker.best.slice().part(worker.begins[j], worker.counts[j]);
  }

  static void insert(Worker& worker, const Candidate<Scalar>& entry) {
    const Index j = entry.latent;
    Candidate<Scalar>* const heap = worker.best.data() + worker.begins[j];
    SampleId& count = worker.counts[j];
    if (count < capacity(worker, j)) {
      heap[count++] = entry;
    } else {
      if (count == 0 || !wins(entry, heap[0])) return;
      std::pop_heap(heap, heap + count, wins<Scalar>);
      heap[count - 1] = entry;
    }
    std::push_heap(heap, heap + count, wins<Scalar>);
  }

  /// An infinite floor would exclude infinite entries that win by their place, so only a latent without budget has it.
  [[nodiscard]] static Scalar floor_of(const Worker& worker, Index j) {
    if (capacity(worker, j) == 0) return floor_never<Scalar>;
    if (worker.counts[j] < capacity(worker, j)) return floor_always<Scalar>;
    return std::min(worker.best[worker.begins[j]].pre_act, std::numeric_limits<Scalar>::max());
  }

  /// By sample, and ascending in latent within a sample, since the groups keep the order of the heaps.
  void order(Worker& worker) const {
    worker.settled.reserve(worker.best.capacity());
    for (Index j = 0; j < budgets_->n_latents(); ++j) worker.settled.append(heap(worker, j));
    worker.groups.reserve(batch_, worker.best.capacity());
    worker.groups.build({0, batch_}, worker.settled.slice(), [](const Candidate<Scalar>&) { return true; });
    worker.settled.clear();
    for (Index i = 0; i < batch_; ++i) worker.settled.append(worker.groups.of(i));
  }

  Index batch_;
  const LatentBudgets<Scalar>* budgets_;
};

}  // namespace parsae::inline PARSAE_ABI
