// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/sparse/best_candidates.hpp>
#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/sample_groups.hpp>
#include <parsae/sparse/selection.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// The `budget` largest positive pre-activations of a whole batch.
///
/// A worker holds the best `held()` candidates, somewhat more than the budget: whenever it has more, it cuts to those,
/// and their smallest value becomes the floor of everything it has still to see.
///
/// From one walk to the next the rule guesses: the number that held() candidates reached in the last batch is the first
/// floor of this one, so that few entries besides the winners are kept at all. Where the budget is not reached above
/// the guess, the walk is repeated without one, and the next walks do not guess. So a guess never shows in the code.
template <class Scalar>
class MutualChoiceSelection {
 public:
  /// The first floor of the next walk; 0: none.
  struct Guess {
    Scalar floor = 0;
    Index batch = 0;   ///< of the walk that it is taken from; a guess
    Index budget = 0;  ///< for another one would be a bad guess
    Index pause = 0;   ///< walks that do without
  };

  struct Worker {
    Buffer<Candidate<Scalar>>
        settled;          ///< the best of the blocks that are over, ordered like the code, then of this one
    Index n_ordered = 0;  ///< of the blocks that are over
    Scalar floor = 0;
    SampleGroups<Candidate<Scalar>> groups;
    BestCandidates<Scalar> winners;
    Guess guess;
  };

  /// \param budget  >= 1
  MutualChoiceSelection(Index batch, Index budget) : batch_(batch), budget_(budget) {
    require_at_least("MutualChoiceSelection budget", budget, Index{1});
  }

  /// With the budget max(1, round(k x batch)).
  [[nodiscard]] static MutualChoiceSelection of_density(Index batch, double k) {
    return {batch, std::max(static_cast<Index>(std::llround(k * static_cast<double>(batch))), Index{1})};
  }

  static constexpr bool raises_floors = true;

  /// A quarter over the budget, and four standard deviations of a count of independent events.
  [[nodiscard]] Index held() const {
    return budget_ + budget_ / 4 + static_cast<Index>(4 * std::sqrt(static_cast<double>(budget_)));
  }

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index block) const {
    const Index most = held() + buffer_size(block);
    worker.settled.clear();
    worker.settled.reserve(most);
    worker.groups.reserve(block, most);
    worker.winners.reserve(most);
    worker.n_ordered = 0;
    if (worker.guess.batch != batch_ || worker.guess.budget != budget_) worker.guess.floor = 0;
    worker.floor = worker.guess.floor;
  }

  [[nodiscard]] Index buffer_size(Index) const {
    return std::min(budget_, Index{65536}) + PanelProduct<Scalar>::latents;
  }

  void begin(Worker& worker, SampleRange, Floors<Scalar> floors) const {
    std::fill(floors.by_latent.begin(), floors.by_latent.end(), floor_always<Scalar>);
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), worker.floor);
  }

  void tighten(Worker& worker, SampleRange, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    take(worker, kept);
    cut(worker);
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), worker.floor);
  }

  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    take(worker, kept);
    cut(worker);
    order(worker, block);
  }

  /// \tparam AnyWorker  Worker, or derived from it
  template <class AnyWorker = Worker>
  [[nodiscard]] bool confirm(Slice<AnyWorker> workers) const {
    Scalar highest = 0;  // workers that sat out some walks have older guesses
    for (const Worker& worker : workers) highest = std::max(highest, worker.guess.floor);
    if (highest == 0) return true;
    Index n_reaching = 0;
    for (const Worker& worker : workers)
      for (const Candidate<Scalar>& entry : worker.settled) n_reaching += entry.pre_act >= highest ? 1 : 0;
    if (n_reaching >= budget_) return true;
    for (Worker& worker : workers) worker.guess = {0, batch_, budget_, pause};
    return false;
  }

  template <class AnyWorker = Worker>
  void finish(Slice<AnyWorker> workers, SparseCode<Scalar>& code) const {
    const auto list_at = [&](Index w) { return Slice<const Candidate<Scalar>>(workers[w].settled.slice()); };
    BestCandidates<Scalar>& winners = workers[0].winners;
    winners.reserve(workers.size() * held());
    winners.assign(workers.size(), list_at);
    const Scalar next = next_floor(workers[0]);
    if (winners.size() > budget_) {
      const Candidate<Scalar> bound = winners.bound(budget_, workers.size(), list_at);
      const auto compact = [&](Index w, int) {
        Buffer<Candidate<Scalar>>& settled = workers[w].settled;
        settled.resize(BestCandidates<Scalar>::compact(bound, settled.slice()));
      };
      Threads(static_cast<int>(workers.size())).for_each(workers.size(), compact);
    }
    for (Worker& worker : workers) worker.guess = {next, batch_, budget_, std::max(worker.guess.pause - 1, Index{0})};
    write_code(workers, batch_, code);
  }

 private:
  static constexpr Index pause = 16;  ///< walks without a guess after a bad one, which costs as much as a walk

  static void take(Worker& worker, Buffer<Candidate<Scalar>>& kept) {
    Index size = worker.settled.size();
    worker.settled.resize(size + kept.size());
    for (const Candidate<Scalar>& entry : kept) {
      worker.settled[size] = entry;
      size += entry.pre_act > 0 ? 1 : 0;
    }
    worker.settled.resize(size);
    kept.clear();
  }

  /// Leaves the best candidates, in unchanged order.
  void cut(Worker& worker) const {
    Buffer<Candidate<Scalar>>& settled = worker.settled;
    if (settled.size() < held()) return;
    if (settled.size() > held()) {
      const auto list_at = [&](Index) { return Slice<const Candidate<Scalar>>(settled.slice()); };
      worker.winners.assign(1, list_at);
      const Candidate<Scalar> bound = worker.winners.bound(held(), 1, list_at);
      const Index n_ordered = BestCandidates<Scalar>::compact(bound, settled.slice().part(0, worker.n_ordered));
      const Slice<Candidate<Scalar>> rest = settled.slice().part(worker.n_ordered, settled.size() - worker.n_ordered);
      const Index n_rest = BestCandidates<Scalar>::compact(bound, rest);
      std::copy_n(rest.begin(), n_rest, settled.begin() + n_ordered);
      settled.resize(n_ordered + n_rest);
      worker.n_ordered = n_ordered;
    }
    Scalar least = std::numeric_limits<Scalar>::max();  // an infinite floor would exclude infinite entries that win by
    for (const Candidate<Scalar>& entry : settled) least = std::min(least, entry.pre_act);  // their place
    worker.floor = least;
  }

  /// The block's candidates by sample, and ascending in latent within a sample.
  void order(Worker& worker, SampleRange block) const {
    Buffer<Candidate<Scalar>>& settled = worker.settled;
    worker.groups.build(block, settled.slice().part(worker.n_ordered, settled.size() - worker.n_ordered),
                        [](const Candidate<Scalar>&) { return true; });
    settled.resize(worker.n_ordered);
    for (Index i = 0; i < block.size(); ++i) {
      const Slice<Candidate<Scalar>> entries = worker.groups.of(i);
      if (!std::is_sorted(entries.begin(), entries.end(), comes_before<Scalar>))
        std::sort(entries.begin(), entries.end(), comes_before<Scalar>);
      settled.append(entries);
    }
    worker.n_ordered = settled.size();
  }

  /// A guess from all that the workers have held. Where that was too little to say, a lower guess than the last one.
  [[nodiscard]] Scalar next_floor(const Worker& first) const {
    if (first.guess.pause > 1) return 0;
    if (first.winners.size() >= held())
      return std::min(first.winners.threshold(held()), std::numeric_limits<Scalar>::max());
    return first.guess.floor - first.guess.floor / 8;
  }

  Index batch_;
  Index budget_;
};

}  // namespace parsae::inline PARSAE_ABI
