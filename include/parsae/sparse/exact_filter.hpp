// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/floor_arrays.hpp>
#include <parsae/sparse/lane_maxima.hpp>
#include <parsae/sparse/selection.hpp>

namespace parsae::inline PARSAE_ABI {

/// What one rule needs of one worker while pre-activations pass by, tile after tile.
template <class Scalar, SelectionFor<Scalar> Rule>
class ExactFilter {
 public:
  using RuleWorker = typename Rule::Worker;

  /// Takes the memory for blocks of at most `block` samples.
  void reserve(const Rule& rule, Index block, Index n_latents) {
    floors_.reserve(block, n_latents);
    kept_.reserve(rule.buffer_size(block));
    first_.begin(rule.most_per_sample());
  }

  void begin(const Rule& rule, RuleWorker& worker, SampleRange block, Index n_latents) {
    block_ = block;
    floors_.resize(block.size(), n_latents);
    capacity_ = rule.buffer_size(block.size());
    kept_.clear();
    rule.begin(worker, block, floors_.floors());
    is_idle_ = floors_.exclude_all();
    first_.begin(is_idle_ ? 0 : rule.most_per_sample());
  }

  /// Raises floors by the first panels, before their tiles are taken.
  /// \param tiles  `n_panels` PanelProduct tiles, one after the other
  void see_first(const Scalar* tiles, Index first_sample, Index n_samples, Index n_panels) {
    if (first_.is_used()) first_.raise(tiles, n_panels, first_sample, n_samples, floors_);
  }

  /// \param pre_acts  PanelProduct tile: `n_samples` rows, one for each sample from the block's `first_sample` on
  void take(const Rule& rule, RuleWorker& worker, const Scalar* pre_acts, Index first_sample, Index n_samples,
            Index first_latent) {
    if (is_idle_) return;
    for (Index i = 0; i < n_samples; ++i) {
      const Scalar* row = pre_acts + i * FloorArrays<Scalar>::row;
      const std::uint32_t survivors = floors_.reached(row, first_sample + i, first_latent);
      if (survivors == 0) [[likely]]
        continue;
      keep(rule, worker,
           {row, survivors, static_cast<LatentId>(first_latent),
            static_cast<SampleId>(block_.begin + first_sample + i)});
    }
  }

  void end(const Rule& rule, RuleWorker& worker) { rule.end(worker, block_, kept_); }

 private:
  void keep(const Rule& rule, RuleWorker& worker, const SurvivorRow<Scalar>& row) {
    if constexpr (TakesRows<Rule, Scalar>) {
      rule.take(worker, row);
    } else {
      if (kept_.size() + FloorArrays<Scalar>::row > capacity_) rule.tighten(worker, block_, floors_.floors(), kept_);
      kept_.append_each(row.survivors, [&](Index j) {
        return Candidate<Scalar>{row.pre_acts[j], static_cast<LatentId>(row.first_latent + j), row.sample};
      });
    }
  }

  SampleRange block_;
  FloorArrays<Scalar> floors_;
  Buffer<Candidate<Scalar>> kept_;
  LaneMaxima<Scalar> first_;
  Index capacity_ = 0;
  bool is_idle_ = false;
};

}  // namespace parsae::inline PARSAE_ABI
