// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/presence_tree.hpp>
#include <parsae/message/presence_levels.hpp>

#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// The static model of presence that a message sends: a forest, and for each latent the level of its probability while
/// its parent is inactive and while it is active (see PresenceLevels). A latent without parent has the first alone.
struct PresenceModel {
  PresenceLevels levels = PresenceLevels(12);
  PresenceTree tree;
  Buffer<std::uint32_t> parent_inactive;  ///< n_latents: levels
  Buffer<std::uint32_t> parent_active;    ///< n_latents: levels; 0 without parent

  [[nodiscard]] Index n_latents() const { return tree.n_latents(); }

  /// Whether the model knows a state in which the latent can be active.
  [[nodiscard]] bool can_be_active(Index latent) const {
    return parent_inactive[latent] != 0 || parent_active[latent] != 0;
  }
};

/// The model whose levels are next to the shares that were counted.
[[nodiscard]] inline PresenceModel presence_model(const PresenceTreeCounts& counts, const PresenceLevels& levels) {
  PresenceModel model{levels, counts.tree(), {}, {}};
  for (Index j = 0; j < counts.n_latents(); ++j) {
    const PresenceTreeCounts::State inactive = counts.parent_inactive(j);
    const PresenceTreeCounts::State active = counts.parent_active(j);
    model.parent_inactive.push_back(levels.nearest(inactive.active, inactive.samples));
    model.parent_active.push_back(levels.nearest(active.active, active.samples));
  }
  return model;
}

/// Bits of the presence of all latents in all counted samples, by the model's probabilities: the entropy of the counts
/// and what rounding to levels adds. Infinite where something was counted that the model says cannot be.
[[nodiscard]] inline double presence_bits(const PresenceModel& model, const PresenceTreeCounts& counts) {
  double bits = 0;
  const auto add = [&](std::uint32_t level, const PresenceTreeCounts::State& state) {
    const double p = model.levels.probability(level);
    const std::int64_t inactive = state.samples - state.active;
    if (state.active > 0) bits -= static_cast<double>(state.active) * std::log2(p);
    if (inactive > 0) bits -= static_cast<double>(inactive) * std::log2(1 - p);
  };
  for (Index j = 0; j < counts.n_latents(); ++j) {
    add(model.parent_inactive[j], counts.parent_inactive(j));
    add(model.parent_active[j], counts.parent_active(j));
  }
  return bits;
}

}  // namespace parsae::inline PARSAE_ABI
