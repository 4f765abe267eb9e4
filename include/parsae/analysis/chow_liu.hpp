// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/pair_counts.hpp>
#include <parsae/analysis/presence_tree.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Mutual information of the presence of two latents in bits, at least 0, from the samples in which either and both are
/// active. The same for (a, b) as for (b, a).
[[nodiscard]] inline double mutual_information(std::int64_t samples, std::int64_t active_a, std::int64_t active_b,
                                               std::int64_t together) {
  const double n = static_cast<double>(samples);
  const std::array<double, 2> a = {n - static_cast<double>(active_a), static_cast<double>(active_a)};
  const std::array<double, 2> b = {n - static_cast<double>(active_b), static_cast<double>(active_b)};
  const double both = static_cast<double>(together);
  const auto term = [&](double joint, double p, double q) {
    return joint > 0 ? joint * std::log2(joint * n / (p * q)) : 0;
  };
  const double one_alone = term(a[1] - both, a[1], b[0]) + term(b[1] - both, a[0], b[1]);  // a sum that commutes
  const double bits = term(both, a[1], b[1]) + term(n - a[1] - b[1] + both, a[0], b[0]) + one_alone;
  return std::max(0.0, bits / n);
}

[[nodiscard]] inline double mutual_information(const PairCounts& counts, Index a, Index b) {
  return mutual_information(counts.n_samples(), counts.active(a), counts.active(b), counts.together(a, b));
}

namespace detail {

/// Grows the maximum spanning forest from latent 0 on (Prim). Edges are ordered by falling information, then by their
/// smaller, then by their larger latent; in a strict order the forest is unique, whatever it is grown from.
class SpanningForest {
 public:
  SpanningForest(const PairCounts& counts, double least_bits, Threads threads)
      : counts_(counts),
        least_bits_(least_bits),
        threads_(threads),
        is_reached_(counts.n_latents(), 0),
        best_(counts.n_latents()) {}

  [[nodiscard]] PresenceTree grow() {
    PresenceTree tree = independent_latents(counts_.n_latents());
    for (Index latent = 0; latent >= 0; latent = next(tree)) reach(latent);
    return tree;
  }

 private:
  static constexpr Index block = 256;

  struct Edge {
    double bits = 0;
    Index to = PresenceTree::none;  // in the forest
  };

  [[nodiscard]] static bool is_before(const Edge& a, Index from_a, const Edge& b, Index from_b) {
    if (a.bits != b.bits) return a.bits > b.bits;
    return std::minmax(a.to, from_a) < std::minmax(b.to, from_b);
  }

  void reach(Index latent) {
    is_reached_[latent] = 1;
    threads_.for_each(divide_up(counts_.n_latents(), block), [&](Index task, int) {
      const Index end = std::min(counts_.n_latents(), (task + 1) * block);
      for (Index j = task * block; j < end; ++j) {
        if (is_reached_[j] != 0) continue;
        const Edge edge = {mutual_information(counts_, latent, j), latent};
        if (edge.bits > 0 && edge.bits >= least_bits_ && (best_[j].to < 0 || is_before(edge, j, best_[j], j)))
          best_[j] = edge;
      }
    });
  }

  /// The latent that the best edge reaches, or the first of another tree; -1 when none is left.
  [[nodiscard]] Index next(PresenceTree& tree) const {
    Index chosen = -1;
    Index first_unreached = -1;
    for (Index j = 0; j < counts_.n_latents(); ++j) {
      if (is_reached_[j] != 0) continue;
      if (first_unreached < 0) first_unreached = j;
      if (best_[j].to >= 0 && (chosen < 0 || is_before(best_[j], j, best_[chosen], chosen))) chosen = j;
    }
    if (chosen < 0) return first_unreached;
    tree.parents[chosen] = static_cast<LatentId>(best_[chosen].to);
    return chosen;
  }

  const PairCounts& counts_;
  double least_bits_;
  Threads threads_;
  Buffer<std::uint8_t> is_reached_;
  Buffer<Edge> best_;  // of each latent that is not reached
};

}  // namespace detail

/// The forest whose edges have the largest sum of mutual informations: of all forests the one with the fewest
/// presence_bits() on the counted samples (Chow and Liu 1968). Edges below `least_bits` >= 0 a sample are left out:
/// what an edge costs to send, divided by the samples.
///
/// Time n_latents^2 logarithms on all threads. Equal informations are decided by the lower latents, so the forest is
/// the same for any number of threads. Throws std::invalid_argument without samples.
[[nodiscard]] inline PresenceTree chow_liu_tree(const PairCounts& counts, double least_bits, Threads threads) {
  require_at_least("chow_liu_tree samples", counts.n_samples(), Index{1});
  require_not_negative("chow_liu_tree least_bits", least_bits);
  return detail::SpanningForest(counts, least_bits, threads).grow();
}

}  // namespace parsae::inline PARSAE_ABI
