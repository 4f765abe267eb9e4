// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/parameter_array.hpp>

#include <string>

namespace parsae::inline PARSAE_ABI {

/// Throws std::invalid_argument where a latent is among its own ancestors.
/// \param parent_of  of latent j: -1 for a root, else another of the n_latents
template <class ParentOf>
void require_no_circle(const std::string& owner, Index n_latents, const ParentOf& parent_of) {
  constexpr LatentId nobody = -1;
  // Each walk towards the root ends where an earlier one has passed; where it meets itself, there is no root.
  Buffer<LatentId> passed_by(n_latents, nobody);
  for (Index j = 0; j < n_latents; ++j) {
    LatentId at = static_cast<LatentId>(j);
    for (; at != nobody && passed_by[at] == nobody; at = parent_of(at)) passed_by[at] = static_cast<LatentId>(j);
    if (at != nobody && passed_by[at] == j)
      reject(owner + " parents", "no latent among its own ancestors", "latent " + std::to_string(at));
  }
}

/// Trees over latents: every latent has a parent, another latent, or is a root. Roots have the parent -1, or
/// themselves.
///
/// Parents are stored as numbers of the model's type, so that they are an array of the model like any other; up to
/// 2^24 latents, which float counts exactly.
template <class Scalar>
class LatentForest {
 public:
  static constexpr LatentId no_parent = -1;

  /// No latents.
  LatentForest() = default;

  /// Roots alone.
  explicit LatentForest(Index n_latents) {
    require_between("LatentForest n_latents", n_latents, Index{0}, most_latents);
    parents_ = Vector<Scalar>::Constant(n_latents, Scalar(no_parent));
  }

  [[nodiscard]] Index n_latents() const { return parents_.size(); }

  /// The parent of a latent, no_parent for a root.
  [[nodiscard]] LatentId parent(Index latent) const {
    const auto parent = static_cast<LatentId>(parents_(latent));
    return parent == latent ? no_parent : parent;
  }

  [[nodiscard]] bool is_root(Index latent) const { return parent(latent) == no_parent; }

  /// Whether there are roots alone.
  [[nodiscard]] bool is_flat() const {
    for (Index j = 0; j < n_latents(); ++j)
      if (!is_root(j)) return false;
    return true;
  }

  /// Replaces the parents of all latents, in place. Throws std::invalid_argument, and changes nothing, where they are
  /// no forest: a parent that does not exist, a latent that is its own ancestor.
  /// \param parents  n_latents, each -1 to n_latents - 1
  /// \param owner    named in the message
  void assign(Slice<const LatentId> parents, const std::string& owner = "LatentForest") {
    require_shape(owner + " parents", parents.size(), 1, n_latents(), 1);
    LatentForest replaced(n_latents());
    for (Index j = 0; j < n_latents(); ++j) {
      require_between(owner + " parent", Index{parents[j]}, Index{no_parent}, n_latents() - 1);
      replaced.parents_(j) = static_cast<Scalar>(parents[j]);
    }
    replaced.check(owner);
    parents_ = replaced.parents_;
  }

  /// Throws std::invalid_argument unless the array is a forest, whatever a file has put into it.
  void check(const std::string& owner) const {
    for (const Scalar parent : parents_) {
      require_between(owner + " parent", static_cast<double>(parent), double{no_parent},
                      static_cast<double>(n_latents() - 1));
      if (static_cast<Scalar>(static_cast<LatentId>(parent)) != parent)
        reject(owner + " parent", "a whole number", parent);
    }
    require_no_circle(owner, n_latents(), [this](Index latent) { return parent(latent); });
  }

  /// One entry a latent: its parent.
  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(ParameterArray<Scalar>{"parent", Role::Statistic, Axis::Latent, 1, {parents_.data(), parents_.size()}});
  }

 private:
  static constexpr Index most_latents = Index{1} << 24;

  Vector<Scalar> parents_;
};

}  // namespace parsae::inline PARSAE_ABI
