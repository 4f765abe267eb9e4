// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/losses/auxiliary.hpp>
#include <parsae/losses/latent_moments.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// What training measures of each latent: how long it has been silent, and how often it is active. Both are counted in
/// samples, not in steps: they mean the same at every batch size.
///
/// The running density is an average of the firing rate with weights that fall by 1 / e over each window of samples.
/// Ranks (0: the densest; ties: the lower latent first) are there from the first full window on, and are renewed every
/// 100 steps. Where a loss wants them, values and their squares are averaged with the same weights, inactive samples as
/// 0.
class LatentStatistics {
 public:
  enum class Measures { Densities, DensitiesAndValues };

  static constexpr Index steps_between_rankings = 100;

  LatentStatistics() = default;

  /// \param dead_after_samples      a latent without activity for so many samples is dead, >= 1
  /// \param density_window_samples  time constant of the running density, >= 1
  LatentStatistics(Index n_latents, Index dead_after_samples, Index density_window_samples = 100'000,
                   Measures measures = Measures::Densities)
      : dead_after_samples_(dead_after_samples),
        window_(density_window_samples),
        samples_since_active_(n_latents, 0),
        dead_(n_latents, 0),
        density_(n_latents, 0.0),
        rank_(n_latents, 0),
        order_(n_latents, 0),
        value_(measures == Measures::DensitiesAndValues ? n_latents : 0, 0.0),
        squared_value_(value_.size(), 0.0) {}

  /// \param active   n_latents counts: samples of this batch in which the latent was active
  /// \param sums     n_latents sums of the batch's values; unused where values are not measured
  /// \param squares  of their squares; likewise
  void observe(Slice<const std::int32_t> active, Index batch, Slice<const double> sums = {},
               Slice<const double> squares = {}) {
    const double share = -std::expm1(-static_cast<double>(batch) / static_cast<double>(window_));
    density_weight_ += share * (1 - density_weight_);
    n_dead_ = 0;
    for (Index j = 0; j < active.size(); ++j) {
      samples_since_active_[j] = active[j] > 0 ? 0 : samples_since_active_[j] + batch;
      dead_[j] = samples_since_active_[j] >= dead_after_samples_;
      n_dead_ += dead_[j];
      const double rate = static_cast<double>(active[j]) / static_cast<double>(batch);
      density_[j] += share / density_weight_ * (rate - density_[j]);
    }
    for (Index j = 0; j < value_.size(); ++j) {
      value_[j] += share / density_weight_ * (sums[j] / static_cast<double>(batch) - value_[j]);
      squared_value_[j] += share / density_weight_ * (squares[j] / static_cast<double>(batch) - squared_value_[j]);
    }
    samples_ += batch;
    if (knows_densities() && steps_since_ranking_++ % steps_between_rankings == 0) rank_latents();
  }

  /// visit(name, slice) for everything that observe() changes.
  template <class Visit>
  void visit_state(const Visit& visit) {
    visit("n_dead", Slice<Index>(&n_dead_, 1));
    visit("samples", Slice<Index>(&samples_, 1));
    visit("steps_since_ranking", Slice<Index>(&steps_since_ranking_, 1));
    visit("density_weight", Slice<double>(&density_weight_, 1));
    visit("samples_since_active", samples_since_active_.slice());
    visit("dead", dead_.slice());
    visit("density", density_.slice());
    visit("rank", rank_.slice());
    if (value_.empty()) return;
    visit("value", value_.slice());
    visit("squared_value", squared_value_.slice());
  }

  /// Throws std::invalid_argument unless observe() could have left everything as it is.
  void check() const {
    require_at_least("LatentStatistics samples", samples_, Index{0});
    require_at_least("LatentStatistics steps_since_ranking", steps_since_ranking_, Index{0});
    require_between("LatentStatistics density_weight", density_weight_, 0.0, 1.001);  // a rounded sum
    Index n_dead = 0;
    for (Index j = 0; j < dead_.size(); ++j) {
      require_at_least("LatentStatistics samples_since_active", samples_since_active_[j], std::int64_t{0});
      require_between("LatentStatistics density", density_[j], 0.0, 1.001);
      require_between("LatentStatistics rank", Index{rank_[j]}, Index{0}, rank_.size() - 1);
      const bool is_dead = samples_since_active_[j] >= dead_after_samples_;
      if ((dead_[j] != 0) != is_dead) reject("LatentStatistics dead", is_dead ? "1" : "0", int{dead_[j]});
      n_dead += is_dead;
    }
    for (Index j = 0; j < value_.size(); ++j) {
      require_not_negative("LatentStatistics value", value_[j]);
      require_not_negative("LatentStatistics squared_value", squared_value_[j]);
    }
    if (n_dead != n_dead_) reject("LatentStatistics n_dead", std::to_string(n_dead), n_dead_);
  }

  [[nodiscard]] LatentHistory history() const {
    if (!knows_densities()) return {dead_.slice(), n_dead_};
    return {dead_.slice(), n_dead_, density_.slice(), rank_.slice()};
  }

  /// For losses on the code; before the first batch nothing is known.
  [[nodiscard]] LatentMoments moments() const {
    return {density_weight_ * static_cast<double>(window_), density_.slice(), value_.slice(), squared_value_.slice()};
  }

  [[nodiscard]] Index n_dead() const { return n_dead_; }
  [[nodiscard]] const Buffer<std::int64_t>& samples_since_active() const { return samples_since_active_; }

  /// The running density of each latent, from the first batch on.
  [[nodiscard]] const Buffer<double>& density() const { return density_; }

 private:
  [[nodiscard]] bool knows_densities() const { return samples_ >= window_; }

  void rank_latents() {
    std::iota(order_.begin(), order_.end(), LatentId{0});
    std::sort(order_.begin(), order_.end(),
              [&](LatentId a, LatentId b) { return density_[a] != density_[b] ? density_[a] > density_[b] : a < b; });
    for (Index place = 0; place < order_.size(); ++place) rank_[order_[place]] = static_cast<LatentId>(place);
  }

  Index dead_after_samples_ = 1;
  Index window_ = 1;
  Index n_dead_ = 0;
  Index samples_ = 0;
  Index steps_since_ranking_ = 0;
  double density_weight_ = 0;  ///< of all batches so far, in the running densities; tends to 1
  Buffer<std::int64_t> samples_since_active_;
  Buffer<std::uint8_t> dead_;
  Buffer<double> density_;
  Buffer<LatentId> rank_;
  Buffer<LatentId> order_;  ///< latents by rank, scratch
  Buffer<double> value_;    ///< running mean of each latent's values; empty unless measured
  Buffer<double> squared_value_;
};

}  // namespace parsae::inline PARSAE_ABI
