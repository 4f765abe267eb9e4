// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/floor_arrays.hpp>
#include <parsae/sparse/gathered_product.hpp>
#include <parsae/sparse/kth_largest.hpp>
#include <parsae/sparse/lane_maxima.hpp>
#include <parsae/sparse/sample_groups.hpp>
#include <parsae/sparse/selection.hpp>

#include <array>
#include <bit>
#include <optional>

namespace parsae::inline PARSAE_ABI {

/// What one rule needs of one worker while certified bounds pass by instead of pre-activations.
///
/// Entries whose upper bound is not below the floors wait. A second instance of the rule, the shadow, is fed with lower
/// bounds: what it makes of them are floors that the true pre-activations reach as well, since every rule's floors rise
/// with its candidates. In the end the waiting entries are computed in full precision, best upper bounds first, and go
/// to the rule itself, until no waiting entry can reach its floors. So the rule sees every entry that can win, with its
/// exact value, and nothing else matters to it: codes have the bits of the exact walk.
template <SelectionFor<float> Rule>
class ScreenedFilter {
 public:
  using RuleWorker = typename Rule::Worker;

  /// What exact values are computed from.
  struct Source {
    const Matrix<float>* inputs = nullptr;
    const Matrix<float>* w_enc = nullptr;
    const Vector<float>* b_enc = nullptr;
  };

  /// Entries that waited, and entries computed in full precision, since reset().
  struct Counts {
    Index survivors = 0;
    Index rescored = 0;
  };

  /// A walk begins, in blocks of at most `block` samples.
  void reset(const Rule& rule, Index block, Index n_latents) {
    counts_ = {};
    first_.begin(rule.most_per_sample());
    for (FloorArrays<float>* floors : {&floors_, &exact_floors_, &shadow_floors_}) floors->reserve(block, n_latents);
    kept_.reserve(rule.buffer_size(block));
    waiting_.reserve(room_for(block, rule.buffer_size(block)));
    groups_.reserve(block, room_for(block, rule.buffer_size(block)));
    next_.reserve(block);
    bounds_.reserve(n_latents);
    if constexpr (Rule::raises_floors) {
      shadow_kept_.reserve(rule.buffer_size(block));
      if (!shadow_worker_) shadow_worker_.emplace(rule.worker());
      rule.reset(*shadow_worker_, block);
    }
  }

  void begin(const Rule& rule, RuleWorker& worker, SampleRange block, const Source& source) {
    block_ = block;
    source_ = source;
    const Index n_latents = source.w_enc->cols();
    capacity_ = rule.buffer_size(block.size());
    begin_one(rule, worker, n_latents, exact_floors_, kept_);
    floors_ = exact_floors_;
    if constexpr (Rule::raises_floors) {
      begin_one(rule, *shadow_worker_, n_latents, shadow_floors_, shadow_kept_);
      floors_.raise_to(shadow_floors_);
    }
    is_idle_ = floors_.exclude_all();
    first_.begin(is_idle_ ? 0 : rule.most_per_sample());
    waiting_capacity_ = room_for(block.size(), capacity_);
    n_waiting_ = 0;
    if (waiting_.size() < waiting_capacity_) waiting_.resize(waiting_capacity_);
  }

  /// Raises floors by the first panels, before their tiles are taken.
  /// \param lower  `n_panels` tiles of lower bounds, one after the other
  void see_first(const float* lower, Index first_sample, Index n_samples, Index n_panels) {
    if (first_.is_used()) first_.raise(lower, n_panels, first_sample, n_samples, floors_);
  }

  /// \param upper, lower  ScreenProduct tiles: `n_samples` rows, one for each sample from the block's `first_sample` on
  void take(const Rule& rule, RuleWorker& worker, const float* upper, const float* lower, Index first_sample,
            Index n_samples, Index first_latent) {
    if (is_idle_) return;
    for (Index i = 0; i < n_samples; ++i) {
      const std::uint32_t survivors = floors_.not_below(upper + i * row, first_sample + i, first_latent);
      if (survivors != 0) [[unlikely]]
        take_row(rule, worker, upper + i * row, lower + i * row, first_sample + i, first_latent, survivors);
    }
  }

  void end(const Rule& rule, RuleWorker& worker) {
    settle(rule, worker);
    rule.end(worker, block_, kept_);
  }

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  static constexpr Index row = FloorArrays<float>::row;
  static constexpr Index most_waiting = Index{1} << 19;                ///< 6 MB a worker
  static constexpr Index chunk = 2 * GatheredProduct<float>::latents;  ///< entries of a sample computed at a time

  struct Waiting {
    float upper = 0;
    LatentId latent = 0;
    SampleId sample = 0;
  };

  /// Entries that may wait.
  [[nodiscard]] static Index room_for(Index block, Index capacity) {
    return std::max({std::min(4 * capacity, most_waiting), 128 * block, capacity}) + row;
  }

  void begin_one(const Rule& rule, RuleWorker& worker, Index n_latents, FloorArrays<float>& floors,
                 Buffer<Candidate<float>>& kept) {
    floors.resize(block_.size(), n_latents);
    kept.clear();
    rule.begin(worker, block_, floors.floors());
  }

  void take_row(const Rule& rule, RuleWorker& worker, const float* upper, const float* lower, Index sample,
                Index first_latent, std::uint32_t survivors) {
    if (n_waiting_ + row > waiting_capacity_) make_room(rule, worker);
    if constexpr (Rule::raises_floors)
      if (shadow_kept_.size() + row > capacity_) tighten_shadow(rule);
    counts_.survivors += std::popcount(survivors);
    const auto id = static_cast<SampleId>(block_.begin + sample);
    std::uint32_t certain = 0;
    if constexpr (Rule::raises_floors) certain = survivors & floors_.reached(lower, sample, first_latent);
    for (; survivors != 0; survivors &= survivors - 1) {
      const Index j = std::countr_zero(survivors);
      const float bound = upper[j] == upper[j] ? upper[j] : floor_never<float>;
      waiting_[n_waiting_++] = {bound, static_cast<LatentId>(first_latent + j), id};
    }
    shadow_kept_.append_each(certain, [&](Index j) {
      return Candidate<float>{lower[j], static_cast<LatentId>(first_latent + j), id};
    });
  }

  void tighten_shadow(const Rule& rule) {
    rule.tighten(*shadow_worker_, block_, shadow_floors_.floors(), shadow_kept_);
    floors_.raise_to(shadow_floors_);
  }

  void tighten(const Rule& rule, RuleWorker& worker) {
    rule.tighten(worker, block_, exact_floors_.floors(), kept_);
    floors_.raise_to(exact_floors_);
  }

  [[nodiscard]] Slice<Waiting> waiting() { return waiting_.slice().part(0, n_waiting_); }

  [[nodiscard]] bool may_reach(const Waiting& entry) const {
    return entry.upper >= floors_.of(entry.sample - block_.begin, entry.latent);
  }

  /// Moves those entries to the front, in their order, which keeps(entry) is true for, and counts them. What nobody can
  /// foresee costs a few stores this way instead of a wrong guess.
  template <class Keeps>
  static Index bring_forward(Slice<Waiting> entries, const Keeps& keeps) {
    Index n_kept = 0;
    for (Waiting& place : entries) {
      const Waiting entry = place;
      place = entries[n_kept];
      entries[n_kept] = entry;
      n_kept += keeps(entry) ? 1 : 0;
    }
    return n_kept;
  }

  /// Drops what the floors exclude by now. Where that is little (wide bounds), settles at once.
  void make_room(const Rule& rule, RuleWorker& worker) {
    if constexpr (Rule::raises_floors) {
      tighten_shadow(rule);
      n_waiting_ = bring_forward(waiting(), [&](const Waiting& entry) { return may_reach(entry); });
      if (n_waiting_ <= waiting_capacity_ * 3 / 4) return;
    }
    settle(rule, worker);
  }

  /// Computes waiting entries in full precision until none that waits can reach the floors.
  void settle(const Rule& rule, RuleWorker& worker) {
    if constexpr (Rule::raises_floors) tighten_shadow(rule);
    n_waiting_ = bring_forward(waiting(), [&](const Waiting& entry) { return may_reach(entry); });
    groups_.build(block_, waiting(), [](const Waiting&) { return true; });
    n_waiting_ = 0;
    if constexpr (Rule::raises_floors) {
      next_.assign(block_.size(), 0);
      while (settle_best(rule, worker)) tighten(rule, worker);
    } else {
      for (Index i = 0; i < block_.size(); ++i)
        rescore(rule, worker, groups_.of(i), i + 1 < block_.size() ? groups_.of(i + 1) : Slice<Waiting>());
    }
  }

  /// Computes the entries with the highest bounds of every sample; false when none was left.
  bool settle_best(const Rule& rule, RuleWorker& worker) {
    bool any = false;
    Slice<const Waiting> best = take_best(0);
    for (Index i = 0; i < block_.size(); ++i) {
      const Slice<const Waiting> next = i + 1 < block_.size() ? take_best(i + 1) : Slice<const Waiting>();
      rescore(rule, worker, best, next);
      any |= !best.empty();
      best = next;
    }
    return any;
  }

  /// The entries of sample i of the block with the highest bounds, none of which was taken before.
  [[nodiscard]] Slice<const Waiting> take_best(Index i) {
    Slice<Waiting> rest = groups_.of(i);
    rest = rest.part(next_[i], rest.size() - next_[i]);
    rest = rest.part(0, bring_forward(rest, [&](const Waiting& entry) { return may_reach(entry); }));
    if (rest.empty()) {
      next_[i] = groups_.of(i).size();
      return {};
    }
    if (rest.size() > chunk) {
      const auto bound = [](const Waiting& entry) { return entry.upper > 0 ? entry.upper : 0; };
      bounds_.assign(rest.size(), [&](Index e) { return bound(rest[e]); });
      const float threshold = bounds_.threshold(chunk);
      bring_forward(rest, [&](const Waiting& entry) { return bound(entry) >= threshold; });
    }
    const Slice<Waiting> best = rest.part(0, std::min(rest.size(), chunk));
    next_[i] += best.size();
    return best;
  }

  /// Hands the exact values of entries of one sample to the rule.
  /// \param next  those whose turn is next, of another sample
  void rescore(const Rule& rule, RuleWorker& worker, Slice<const Waiting> entries, Slice<const Waiting> next) {
    using Product = GatheredProduct<float>;
    counts_.rescored += entries.size();
    for (Index first = 0; first < entries.size(); first += Product::latents) {
      const Slice<const Waiting> part = part_from(entries, first);
      const Slice<const Waiting> rest = part_from(entries, first + part.size());
      float pre_acts[std::size_t{Product::latents}];
      Product::multiply(source_.w_enc->data(), latents_of(part).data(),
                        latents_of(!rest.empty()   ? rest
                                   : !next.empty() ? part_from(next, 0)
                                                   : part)
                            .data(),
                        source_.inputs->col(part[0].sample).data(), source_.inputs->rows(), source_.b_enc->data(),
                        pre_acts);
      if (kept_.size() + row > capacity_) tighten(rule, worker);
      for (Index e = 0; e < part.size(); ++e)
        if (pre_acts[e] >= floors_.of(part[e].sample - block_.begin, part[e].latent))
          kept_.push_back({pre_acts[e], part[e].latent, part[e].sample});
    }
  }

  /// As many entries as one product takes, or what is left.
  [[nodiscard]] static Slice<const Waiting> part_from(Slice<const Waiting> entries, Index first) {
    return entries.part(first, std::min(GatheredProduct<float>::latents, entries.size() - first));
  }

  [[nodiscard]] static auto latents_of(Slice<const Waiting> part) {
    std::array<LatentId, std::size_t{GatheredProduct<float>::latents}> latents;
    for (std::size_t e = 0; e < latents.size(); ++e)
      latents[e] = part[std::min(static_cast<Index>(e), part.size() - 1)].latent;
    return latents;
  }

  SampleRange block_;
  Source source_;
  FloorArrays<float> floors_;  ///< the higher ones of the two below
  FloorArrays<float> exact_floors_;
  FloorArrays<float> shadow_floors_;
  LaneMaxima<float> first_;
  Buffer<Candidate<float>> kept_;
  Buffer<Candidate<float>> shadow_kept_;
  std::optional<RuleWorker> shadow_worker_;
  Index capacity_ = 0;
  Buffer<Waiting> waiting_;  ///< the first n_waiting_; appending must not cost more than the store
  Index n_waiting_ = 0;
  Index waiting_capacity_ = 0;
  SampleGroups<Waiting> groups_;
  KthLargest<float> bounds_;  ///< of one sample
  Buffer<Index> next_;
  Counts counts_;
  bool is_idle_ = false;
};

}  // namespace parsae::inline PARSAE_ABI
