// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
#include <parsae/allocators/tree_gated_selection.hpp>
#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// TopK under trees: a latent is active only in samples in which its parent is. In every sample, from its positive
/// pre-activations alone,
///
///     k times:  the largest pre-activation among the roots, and the children of what has been taken, is taken
///
/// f_j = pi_j if taken, else 0;  df/dpi = [taken]. Ties go to the lower latent. k counts all active latents, ancestors
/// too, so a latent with k or more ancestors is never active, and L0 compares with TopK's. With roots alone, as it
/// starts, this is TopK bit for bit: train so, learn the trees from the codes, and train on with them.
///
///     sae.activation.set_parents(parents);  // also between two steps of one trainer, which keeps its moments
///
/// Taking the best that is open, and not the latents with the most value below them, makes a latent's place depend on
/// its own ancestors alone: the latents taken are those with the largest smallest pre-activation on the way from the
/// root (see TreeFrontier). MDL-SAEs (arXiv 2410.11179) suggest hierarchies without saying how; this is our reading.
template <class ScalarType>
class TreeGated : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "tree_gated";

  struct Settings {
    Index k = 32;  ///< active latents a sample, 1 <= k <= n_latents
  };

  TreeGated() : TreeGated(Settings()) {}
  explicit TreeGated(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] const LatentForest<Scalar>& forest() const { return forest_; }

  /// Throws std::invalid_argument, and changes nothing, where the parents are no forest.
  /// \param parents  n_latents: the parent of each latent, -1 or its own number for a root
  void set_parents(Slice<const LatentId> parents) { forest_.assign(parents, "TreeGated"); }

  [[nodiscard]] TreeGatedSelection<Scalar> select(Index batch, Index n_latents) const {
    require_shape("TreeGated parents", forest_.n_latents(), 1, n_latents, 1);
    return {batch, std::min(settings_.k, n_latents), forest_};
  }

  [[nodiscard]] TreeGated inference() const { return *this; }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }

  void check() const {
    require_at_least("TreeGated k", settings_.k, Index{1});
    forest_.check("TreeGated");
  }

  /// The trees of a model with as many latents stay; else all are roots.
  void resize(Index n_latents) {
    require_between("TreeGated k", settings_.k, Index{1}, n_latents);
    if (forest_.n_latents() != n_latents) forest_ = LatentForest<Scalar>(n_latents);
  }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    forest_.visit_arrays(visit);
  }
  template <class Visit>
  void visit_settings(const Visit& visit) {
    visit("k", settings_.k);
  }

 private:
  Settings settings_;
  LatentForest<Scalar> forest_;
};

}  // namespace parsae::inline PARSAE_ABI
