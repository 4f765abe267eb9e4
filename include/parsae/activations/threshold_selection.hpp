// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/selection.hpp>

namespace parsae::inline PARSAE_ABI {

/// Every entry above a threshold, and explicit zeros in the half window below it:
///
///     stored iff pre_act > threshold - window / 2,   value = pre_act if pre_act > threshold, else 0
///
/// Each entry decides for itself, so trained batch-wise and run sample by sample it selects the same.
template <class Scalar>
class ThresholdSelection {
 public:
  using Worker = EntryRows<Scalar>;

  /// \param thresholds  n_latents of them; outlive the walk
  /// \param window      width of the straight-through window, >= 0
  ThresholdSelection(Index batch, Slice<const Scalar> thresholds, Scalar window)
      : batch_(batch), thresholds_(thresholds), window_(window) {}

  /// One threshold for all latents, and no window.
  ThresholdSelection(Index batch, Scalar threshold) : batch_(batch), shared_(threshold) {}

  static constexpr bool raises_floors = false;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker.clear(); }

  [[nodiscard]] Index buffer_size(Index) const { return 64 * PanelProduct<Scalar>::latents; }

  void begin(Worker&, SampleRange, Floors<Scalar> floors) const {
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), floor_always<Scalar>);
    for (Index j = 0; j < floors.by_latent.size(); ++j) floors.by_latent[j] = window_floor(j);
  }

  void tighten(Worker& worker, SampleRange, Floors<Scalar>, Buffer<Candidate<Scalar>>& kept) const {
    for (const Candidate<Scalar>& entry : kept)
      if (entry.pre_act > window_floor(entry.latent)) worker.push_back(entry);
    kept.clear();
  }

  void take(Worker& worker, const SurvivorRow<Scalar>& row) const {
    if (!thresholds_.empty())
      return worker.append(row, [&](LatentId latent, Scalar pre_act) { return pre_act > window_floor(latent); });
    SurvivorRow<Scalar> above = row;
    above.survivors &= PackedRow<Scalar>::above(row.pre_acts, shared_);
    worker.append(above);
  }

  void end(Worker& worker, SampleRange block, Buffer<Candidate<Scalar>>& kept) const {
    tighten(worker, block, {}, kept);
  }

  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const {
    const auto value_of = [&](LatentId latent, Scalar pre_act) {
      return pre_act > threshold_of(latent) ? pre_act : Scalar(0);
    };
    Worker::write(workers, batch_, value_of, code);
  }

 private:
  [[nodiscard]] Scalar threshold_of(Index latent) const { return thresholds_.empty() ? shared_ : thresholds_[latent]; }
  [[nodiscard]] Scalar window_floor(Index latent) const { return threshold_of(latent) - window_ / 2; }

  Index batch_;
  Slice<const Scalar> thresholds_;  ///< empty: shared_
  Scalar shared_ = 0;
  Scalar window_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
