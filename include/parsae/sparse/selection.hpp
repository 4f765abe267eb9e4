// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/candidate.hpp>
#include <parsae/sparse/entry_rows.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <concepts>

namespace parsae::inline PARSAE_ABI {

/// What a sparsity rule does inside the walk. The walk owns the only filter loop; a rule publishes floors and receives
/// the survivors. With `sel` a const rule:
///
/// - `Selection::raises_floors`: whether floors rise while the walk goes on, or stay as `begin` set them.
/// - `sel.most_per_sample()`: k, if the code of a sample are its k largest pre-activations among those that reach the
///   floors of their latents: then the walk may raise a sample's floor to any value that k of them reach. Otherwise 0.
/// - `sel.worker()`: the rule's scratch of one worker; kept from step to step, so its memory is allocated once.
/// - `sel.reset(worker, block)`: a walk begins, in blocks of at most `block` samples; forget the last walk, keep the
/// memory
///   and reserve what this one may need: which blocks a worker meets is chance.
/// - `sel.buffer_size(block)`: how many candidates the walk may collect before it calls `tighten`; `tighten` must leave
///   room for at least one more tile row (PanelProduct::latents).
/// - `sel.begin(worker, block, floors)`: a worker starts a block of samples; set all floors.
/// - `sel.tighten(worker, block, floors, kept)`: the buffer is full, or the walk wants higher floors; drop losers or
///   move them out, raise floors.
/// - `sel.end(worker, block, kept)`: the block is over; take what is left.
/// - `sel.finish(workers, code)`: all blocks are over; decide what only the whole batch can decide, write the code.
///
/// Where floors are fixed, candidates of a sample arrive in ascending order of latents; where they rise, in any order.
/// The code must depend on the pre-activations alone: `wins` orders equals, and a rule never asks which worker it met.
template <class Selection, class Scalar>
concept SelectionFor = std::movable<typename Selection::Worker> &&
    requires(const Selection sel, typename Selection::Worker& worker, Slice<typename Selection::Worker> workers,
             SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept, SparseCode<Scalar>& code) {
  { Selection::raises_floors } -> std::convertible_to<bool>;
  { sel.most_per_sample() } -> std::same_as<Index>;
  { sel.worker() } -> std::same_as<typename Selection::Worker>;
  { sel.reset(worker, block.size()) } -> std::same_as<void>;
  { sel.buffer_size(block.size()) } -> std::same_as<Index>;
  { sel.begin(worker, block, floors) } -> std::same_as<void>;
  { sel.tighten(worker, block, floors, kept) } -> std::same_as<void>;
  { sel.end(worker, block, kept) } -> std::same_as<void>;
  { sel.finish(workers, code) } -> std::same_as<void>;
};

/// A rule that may begin with floors that it only guesses, to be spared most losers:
///
/// - `sel.confirm(workers)`: all blocks are over; whether what was kept decides the code. Where it does not, the rule
///   forgets its guess, and the walk runs once more.
///
/// What a worker remembers for the next guess never shows in the code.
template <class Selection>
concept GuessesFloors = requires(const Selection sel, Slice<typename Selection::Worker> workers) {
  { sel.confirm(workers) } -> std::same_as<bool>;
};

/// A rule with fixed floors that may have many survivors:
///
/// - `sel.take(worker, row)`: survivors of one row of a tile, at once and instead of as candidates, which still come to
///   `tighten` and `end` from a walk with bounds. Rows of a sample arrive in ascending order of latents.
template <class Selection, class Scalar>
concept TakesRows = !Selection::raises_floors &&
                    requires(const Selection sel, typename Selection::Worker& worker, const SurvivorRow<Scalar>& row) {
  { sel.take(worker, row) } -> std::same_as<void>;
};

/// The scratch of a rule that settles on a list of candidates and needs nothing more.
template <class Scalar>
struct CandidateList {
  Buffer<Candidate<Scalar>> settled;
};

/// Ascending (sample, latent): the order in which a rule hands its candidates to write_code.
template <class Scalar>
[[nodiscard]] bool comes_before(const Candidate<Scalar>& a, const Candidate<Scalar>& b) {
  return std::tie(a.sample, a.latent) < std::tie(b.sample, b.latent);
}

/// Writes the candidates that the workers settled on (`worker.settled`) as the code of `batch` samples, value =
/// pre-activation. All candidates of a sample lie with one worker, ascending in latent; so every worker's can be
/// written by a thread of its own.
template <class Worker, class Scalar>
void write_code(Slice<Worker> workers, Index batch, SparseCode<Scalar>& code) {
  const Threads threads(static_cast<int>(workers.size()));
  code.offsets.assign(batch + 1, 0);
  Index stored = 0;
  for (const Worker& worker : workers) stored += worker.settled.size();
  threads.for_each(workers.size(), [&](Index w, int) {
    for (const Candidate<Scalar>& entry : workers[w].settled) ++code.offsets[entry.sample + 1];
  });
  for (Index i = 0; i < batch; ++i) code.offsets[i + 1] += code.offsets[i];
  code.resize_entries(stored);

  // While filling, offsets[i] is where the next entry of sample i goes; afterwards it is where sample i + 1 begins.
  threads.for_each(workers.size(), [&](Index w, int) {
    for (const Candidate<Scalar>& entry : workers[w].settled) {
      const Index at = code.offsets[entry.sample]++;
      code.latents[at] = entry.latent;
      code.pre_acts[at] = entry.pre_act;
      code.values[at] = entry.pre_act;
    }
  });
  for (Index i = batch; i > 0; --i) code.offsets[i] = code.offsets[i - 1];
  code.offsets[0] = 0;
}

}  // namespace parsae::inline PARSAE_ABI
