// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/latent_forest.hpp>
#include <parsae/sparse/candidate.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// The walk down the trees of a forest that TreeGated takes in every sample, and its scratch, for one worker.
///
///     open = roots;   k times:  take the best open latent, and open its children in its place
///
/// The numbers that it takes need not fall, but what the best k latents have in common does: with
///
///     s_j = min of pi over j and all its ancestors
///
/// the latents come in the order of falling s. For let x be taken while a y with s_y > s_x is not. When the ancestor of
/// x (or x) that has pi = s_x was taken, the first latent on y's path that was not yet taken was open, with a larger
/// pi. So the k latents are k largest of s, the least of their pi is the k-th largest s, and no latent with a smaller
/// pi, seen or not, can be one of them or an ancestor of one.
template <class Scalar>
class TreeFrontier {
 public:
  void reserve(Index n_latents) {
    places_.assign(n_latents, none);
    for (Buffer<LatentId>* buffer : {&first_child_, &next_sibling_, &open_}) buffer->reserve(n_latents);
    taken_.reserve(n_latents);
  }

  /// \param candidates  of one sample, each latent once, in any order; what is not among them is not active
  /// \return            at most k of them, in the order in which they were taken; until the next call
  [[nodiscard]] Slice<Candidate<Scalar>> take(const LatentForest<Scalar>& forest, Index k,
                                              Slice<const Candidate<Scalar>> candidates) {
    link(forest, candidates);
    const auto loses = [&](LatentId a, LatentId b) { return wins(candidates[b], candidates[a]); };
    std::make_heap(open_.begin(), open_.end(), loses);
    taken_.clear();
    while (!open_.empty() && taken_.size() < k) {
      std::pop_heap(open_.begin(), open_.end(), loses);
      const LatentId best = open_.back();
      open_.resize(open_.size() - 1);
      taken_.push_back(candidates[best]);
      for (LatentId child = first_child_[best]; child != none; child = next_sibling_[child]) {
        open_.push_back(child);
        std::push_heap(open_.begin(), open_.end(), loses);
      }
    }
    return taken_.slice();
  }

 private:
  static constexpr LatentId none = -1;

  /// Opens the roots among the candidates, and hangs every other candidate to its parent if that is one, too.
  void link(const LatentForest<Scalar>& forest, Slice<const Candidate<Scalar>> candidates) {
    first_child_.assign(candidates.size(), none);
    next_sibling_.assign(candidates.size(), none);
    open_.clear();
    for (Index e = 0; e < candidates.size(); ++e) places_[candidates[e].latent] = static_cast<LatentId>(e);
    for (Index e = 0; e < candidates.size(); ++e) {
      const LatentId parent = forest.parent(candidates[e].latent);
      if (parent == LatentForest<Scalar>::no_parent) {
        open_.push_back(static_cast<LatentId>(e));
      } else if (const LatentId place = places_[parent]; place != none) {
        next_sibling_[e] = first_child_[place];
        first_child_[place] = static_cast<LatentId>(e);
      }
    }
    for (const Candidate<Scalar>& entry : candidates) places_[entry.latent] = none;
  }

  Buffer<LatentId> places_;        ///< n_latents: where the latent is among the candidates; none between two calls
  Buffer<LatentId> first_child_;   ///< one for each candidate, a place
  Buffer<LatentId> next_sibling_;  ///< one for each candidate, a place
  Buffer<LatentId> open_;          ///< places, a heap with the best on top
  Buffer<Candidate<Scalar>> taken_;
};

}  // namespace parsae::inline PARSAE_ABI
