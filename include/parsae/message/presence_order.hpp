// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/presence_tree.hpp>

namespace parsae::inline PARSAE_ABI {

/// The latents of a forest, breadth first: first those without parent, then the children of the first latent of the
/// order, of the second, and so on, ascending among siblings. A parent comes before its children, the children of one
/// latent stand together, and those of a later latent stand later.
class PresenceOrder {
 public:
  /// Latents that are their own ancestors, and their descendants, are in no order: see is_complete().
  explicit PresenceOrder(const PresenceTree& tree) : n_latents_(tree.n_latents()), positions_(tree.n_latents(), 0) {
    const Index n = tree.n_latents();
    Buffer<Index> begin(n + 2, 0);  // of the children of each latent among all latents by parent; roots count as -1
    for (const LatentId parent : tree.parents) ++begin[parent + 2];
    for (Index j = 0; j <= n; ++j) begin[j + 1] += begin[j];
    Buffer<LatentId> by_parent(n);
    Buffer<Index> next = begin;
    for (Index j = 0; j < n; ++j) by_parent[next[tree.parents[j] + 1]++] = static_cast<LatentId>(j);

    latents_.reserve(n);
    const auto append_children = [&](Index parent) {
      for (Index at = begin[parent + 1]; at < begin[parent + 2]; ++at) latents_.push_back(by_parent[at]);
    };
    append_children(PresenceTree::none);
    for (Index position = 0; position < latents_.size(); ++position) {
      const Index latent = latents_[position];
      positions_[latent] = position;
      children_begin_.push_back(latents_.size());
      append_children(latent);
    }
    children_begin_.push_back(latents_.size());
  }

  /// Whether the tree is a forest: no latent is its own ancestor.
  [[nodiscard]] bool is_complete() const { return latents_.size() == n_latents_; }

  [[nodiscard]] Index n_latents() const { return n_latents_; }
  [[nodiscard]] LatentId latent(Index position) const { return latents_[position]; }
  [[nodiscard]] Index position(Index latent) const { return positions_[latent]; }

  /// Positions of the children of the latent at a position: [children_begin, children_end), all behind it.
  [[nodiscard]] Index children_begin(Index position) const { return children_begin_[position]; }
  [[nodiscard]] Index children_end(Index position) const { return children_begin_[position + 1]; }

 private:
  Index n_latents_;
  Buffer<LatentId> latents_;      // by position
  Buffer<Index> positions_;       // by latent
  Buffer<Index> children_begin_;  // by position, and the end
};

}  // namespace parsae::inline PARSAE_ABI
