// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/latent_forest.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/pair_counts.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// A forest over latents: whether a latent is active is told given whether its parent is.
///
///     bits a sample = sum_j sum_{s in {0, 1}} P(parent(j) = s) Hb(P(j active | parent(j) = s)),
///
/// with Hb(P(j active)) for a latent without parent. A child that is active only with its parent costs nothing while
/// the parent is inactive. Measured on the samples that give the probabilities, a forest saves the mutual information
/// of each latent and its parent against telling latents independently, and chow_liu_tree() finds the forest that saves
/// most.
struct PresenceTree {
  static constexpr LatentId none = -1;

  Buffer<LatentId> parents;  ///< n_latents: the parent of each latent, or none

  [[nodiscard]] Index n_latents() const { return parents.size(); }

  [[nodiscard]] Index n_edges() const {
    Index edges = 0;
    for (const LatentId parent : parents) edges += parent != none;
    return edges;
  }
};

/// No latent has a parent.
[[nodiscard]] inline PresenceTree independent_latents(Index n_latents) {
  return {Buffer<LatentId>(n_latents, PresenceTree::none)};
}

/// What a static model of presence knows: how often each latent is active, and how often together with its parent.
/// Batch by batch; memory in proportion to n_latents. Explicit zeros are inactive.
class PresenceTreeCounts {
 public:
  /// Throws std::invalid_argument for a parent that is no latent, and for a latent among its own ancestors.
  explicit PresenceTreeCounts(PresenceTree tree)
      : tree_(std::move(tree)),
        active_(tree_.n_latents(), 0),
        with_parent_(tree_.n_latents(), 0),
        is_active_(tree_.n_latents(), 0) {
    require_at_least("PresenceTree n_latents", tree_.n_latents(), Index{1});
    for (Index j = 0; j < tree_.n_latents(); ++j) {
      const Index parent = tree_.parents[j];
      require_between("PresenceTree parent", parent, Index{PresenceTree::none}, tree_.n_latents() - 1);
      if (parent == j) reject("PresenceTree parent", "another latent", parent);
    }
    require_no_circle("PresenceTree", tree_.n_latents(), [this](Index latent) { return tree_.parents[latent]; });
  }

  /// From samples whose pairs were counted; the tree has their number of latents.
  PresenceTreeCounts(PresenceTree tree, const PairCounts& pairs) : PresenceTreeCounts(std::move(tree)) {
    require_shape("PresenceTree parents", n_latents(), 1, pairs.n_latents(), 1);
    n_samples_ = pairs.n_samples();
    for (Index j = 0; j < n_latents(); ++j) {
      active_[j] = pairs.active(j);
      if (has_parent(j)) with_parent_[j] = pairs.together(j, tree_.parents[j]);
    }
  }

  /// Of latents without parents, from samples that were counted.
  explicit PresenceTreeCounts(const CodeCounts& counts) : PresenceTreeCounts(independent_latents(counts.n_latents())) {
    n_samples_ = counts.n_samples();
    for (Index j = 0; j < n_latents(); ++j) active_[j] = counts.active(j);
  }

  template <class Scalar>
  void add(const SparseCode<Scalar>& code) {
    require_latents("PresenceTreeCounts latent", code, n_latents());
    n_samples_ += code.n_samples();
    for (Index i = 0; i < code.n_samples(); ++i) {
      const auto for_active = [&](const auto& use) {
        for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
          if (code.values[e] != 0) use(Index{code.latents[e]});
      };
      for_active([&](Index j) { is_active_[j] = 1; });
      for_active([&](Index j) {
        ++active_[j];
        if (has_parent(j)) with_parent_[j] += is_active_[tree_.parents[j]];
      });
      for_active([&](Index j) { is_active_[j] = 0; });
    }
  }

  [[nodiscard]] const PresenceTree& tree() const { return tree_; }
  [[nodiscard]] Index n_latents() const { return tree_.n_latents(); }
  [[nodiscard]] Index n_samples() const { return n_samples_; }
  [[nodiscard]] bool has_parent(Index latent) const { return tree_.parents[latent] != PresenceTree::none; }

  /// Samples in which the latent is active.
  [[nodiscard]] std::int64_t active(Index latent) const { return active_[latent]; }

  /// Samples in which the latent and its parent are active; 0 without parent.
  [[nodiscard]] std::int64_t with_parent(Index latent) const { return with_parent_[latent]; }

  /// Samples with the parent in a state, and those among them in which the latent is active. A latent without parent
  /// has all samples in the inactive state.
  struct State {
    std::int64_t samples = 0;
    std::int64_t active = 0;
  };
  [[nodiscard]] State parent_inactive(Index latent) const {
    if (!has_parent(latent)) return {n_samples_, active_[latent]};
    return {n_samples_ - active_[tree_.parents[latent]], active_[latent] - with_parent_[latent]};
  }
  [[nodiscard]] State parent_active(Index latent) const {
    if (!has_parent(latent)) return {};
    return {active_[tree_.parents[latent]], with_parent_[latent]};
  }

 private:
  PresenceTree tree_;
  Index n_samples_ = 0;
  Buffer<std::int64_t> active_;
  Buffer<std::int64_t> with_parent_;
  Buffer<std::uint8_t> is_active_;  // of one sample; all zero between samples
};

/// Bits a sample of the presence of all latents, with the probabilities of the counted samples themselves. They are not
/// charged for. Throws std::invalid_argument without samples.
[[nodiscard]] inline double presence_bits(const PresenceTreeCounts& counts) {
  require_at_least("presence_bits samples", counts.n_samples(), Index{1});
  double bits = 0;
  for (Index j = 0; j < counts.n_latents(); ++j) {
    for (const PresenceTreeCounts::State& state : {counts.parent_inactive(j), counts.parent_active(j)}) {
      const double samples = static_cast<double>(state.samples);
      if (state.samples > 0) bits += samples * binary_entropy(static_cast<double>(state.active) / samples);
    }
  }
  return bits / static_cast<double>(counts.n_samples());
}

/// Bits a sample of the presence in `test`, with probabilities from `training`, which has the same tree:
/// P(active | state) = (active + a) / (samples + 2 a) of the training samples in that state, a = `pseudo_count` >= 0
/// (1/2: Krichevsky and Trofimov). Infinite where something happens that has probability 0.
[[nodiscard]] inline double presence_bits(const PresenceTreeCounts& training, const PresenceTreeCounts& test,
                                          double pseudo_count) {
  require_at_least("presence_bits test samples", test.n_samples(), Index{1});
  require_not_negative("presence_bits pseudo_count", pseudo_count);
  if (!(training.tree().parents == test.tree().parents))
    reject("presence_bits test", "the tree of training", "another");
  double bits = 0;
  const auto add = [&](const PresenceTreeCounts::State& seen, const PresenceTreeCounts::State& now) {
    const double weight = static_cast<double>(seen.samples) + 2 * pseudo_count;
    const double p = weight > 0 ? (static_cast<double>(seen.active) + pseudo_count) / weight : 0.5;
    if (now.active > 0) bits -= static_cast<double>(now.active) * std::log2(p);
    if (now.active < now.samples) bits -= static_cast<double>(now.samples - now.active) * std::log2(1 - p);
  };
  for (Index j = 0; j < test.n_latents(); ++j) {
    add(training.parent_inactive(j), test.parent_inactive(j));
    add(training.parent_active(j), test.parent_active(j));
  }
  return bits / static_cast<double>(test.n_samples());
}

}  // namespace parsae::inline PARSAE_ABI
