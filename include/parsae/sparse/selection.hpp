// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/candidate.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <concepts>

namespace parsae::inline PARSAE_ABI {

/// What a sparsity rule does inside the walk. The walk owns the only filter loop; a rule publishes floors and receives
/// the survivors. With `sel` a const rule:
///
/// - `sel.worker()`: the rule's scratch of one worker; kept from step to step, so its memory is allocated once.
/// - `sel.buffer_size(block)`: how many candidates the walk may collect before it calls `tighten`; `tighten` must leave
/// room
///   for at least one more tile row (PanelProduct::latents).
/// - `sel.begin(worker, block, floors)`: a worker starts a block of samples; set all floors.
/// - `sel.tighten(worker, block, floors, kept)`: the buffer is full; drop losers or move them out, raise floors.
/// - `sel.end(worker, block, kept)`: the block is over; take what is left.
/// - `sel.finish(workers, code)`: all blocks are over; decide what only the whole batch can decide, write the code, and
/// leave
///   the workers empty for the next walk.
///
/// The code must depend on the pre-activations alone: `wins` orders equals, and a rule never asks which worker it met.
template <class Selection, class Scalar>
concept SelectionFor = std::movable<typename Selection::Worker> &&
    requires(const Selection sel, typename Selection::Worker& worker, Slice<typename Selection::Worker> workers,
             SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept, SparseCode<Scalar>& code) {
  { sel.worker() } -> std::same_as<typename Selection::Worker>;
  { sel.buffer_size(block.size()) } -> std::same_as<Index>;
  { sel.begin(worker, block, floors) } -> std::same_as<void>;
  { sel.tighten(worker, block, floors, kept) } -> std::same_as<void>;
  { sel.end(worker, block, kept) } -> std::same_as<void>;
  { sel.finish(workers, code) } -> std::same_as<void>;
};

/// The scratch of a rule that settles on a list of candidates and needs nothing more.
template <class Scalar>
struct CandidateList {
  Buffer<Candidate<Scalar>> settled;
};

/// Ascending (sample, latent): the order in which a rule that has shuffled its candidates hands them to write_code.
template <class Scalar>
[[nodiscard]] bool comes_before(const Candidate<Scalar>& a, const Candidate<Scalar>& b) {
  return std::tie(a.sample, a.latent) < std::tie(b.sample, b.latent);
}

/// Writes the candidates that the workers settled on (`worker.settled`) as the code of `batch` samples, value =
/// pre-activation, and empties the workers. All candidates of a sample lie with one worker, ascending in latent: the
/// order of the walk, or of comes_before.
template <class Worker, class Scalar>
void write_code(Slice<Worker> workers, Index batch, SparseCode<Scalar>& code) {
  code.offsets.assign(batch + 1, 0);
  Index stored = 0;
  for (const Worker& worker : workers) {
    stored += worker.settled.size();
    for (const Candidate<Scalar>& entry : worker.settled) ++code.offsets[entry.sample + 1];
  }
  for (Index i = 0; i < batch; ++i) code.offsets[i + 1] += code.offsets[i];
  code.resize_entries(stored);

  // While filling, offsets[i] is where the next entry of sample i goes; afterwards it is where sample i + 1 begins.
  for (Worker& worker : workers) {
    for (const Candidate<Scalar>& entry : worker.settled) {
      const Index at = code.offsets[entry.sample]++;
      code.latents[at] = entry.latent;
      code.pre_acts[at] = entry.pre_act;
    }
    worker.settled.clear();
  }
  for (Index i = batch; i > 0; --i) code.offsets[i] = code.offsets[i - 1];
  code.offsets[0] = 0;
  std::copy(code.pre_acts.begin(), code.pre_acts.end(), code.values.begin());
}

}  // namespace parsae::inline PARSAE_ABI
