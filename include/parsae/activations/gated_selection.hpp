// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/selection.hpp>
#include <parsae/sparse/simd.hpp>

#include <algorithm>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Whether entries of value 0 are stored: training wants a gradient there, inference does not.
enum class ExplicitZeros { Stored, Dropped };

/// Every entry whose gate is open, with the value of its magnitude path (see Gated):
///
///     stored iff pre_act > 0,   value = ReLU(exp(r_j) pre_act + c_j)
///
/// An open gate with magnitude 0 is an explicit zero. Each entry decides for itself, so trained batch-wise and run
/// sample by sample it selects the same.
template <class Scalar>
class GatedSelection {
 public:
  using Worker = EntryRows<Scalar>;
  static constexpr bool raises_floors = false;

  /// \param log_scale  r, n_latents entries; outlive the walk
  /// \param shift      c, n_latents entries; outlive the walk
  GatedSelection(Index batch, Slice<const Scalar> log_scale, Slice<const Scalar> shift, ExplicitZeros zeros)
      : batch_(batch), log_scale_(log_scale), shift_(shift), zeros_(zeros) {}

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker.clear(); }

  [[nodiscard]] Index buffer_size(Index) const { return 64 * PanelProduct<Scalar>::latents; }

  void begin(Worker&, SampleRange, Floors<Scalar> floors) const {
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), floor_always<Scalar>);
    std::fill(floors.by_latent.begin(), floors.by_latent.end(), Scalar(0));
  }

  void tighten(Worker& worker, SampleRange, Floors<Scalar>, Buffer<Candidate<Scalar>>& kept) const {
    for (const Candidate<Scalar>& entry : kept)
      if (is_stored(entry.latent, entry.pre_act)) worker.push_back(entry);
    kept.clear();
  }

  void take(Worker& worker, const SurvivorRow<Scalar>& row) const {
    worker.append(row, [&](LatentId latent, Scalar pre_act) { return is_stored(latent, pre_act); });
  }

  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    tighten(worker, block, {}, kept);
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const {
    const auto value_of = [&](LatentId latent, Scalar pre_act) { return magnitude(latent, pre_act); };
    Worker::write(workers, batch_, value_of, code);
  }

 private:
  [[nodiscard]] Scalar magnitude(Index latent, Scalar pre_act) const {
    return std::max(multiply_add(std::exp(log_scale_[latent]), pre_act, shift_[latent]), Scalar(0));
  }

  [[nodiscard]] bool is_stored(Index latent, Scalar pre_act) const {
    return pre_act > 0 && (zeros_ == ExplicitZeros::Stored || magnitude(latent, pre_act) != 0);
  }

  Index batch_;
  Slice<const Scalar> log_scale_;
  Slice<const Scalar> shift_;
  ExplicitZeros zeros_;
};

}  // namespace parsae::inline PARSAE_ABI
