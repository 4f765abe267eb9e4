// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// TopK (Gao et al., arXiv 2406.04093): f = ReLU(TopK_k(pi)), the k largest pre-activations of each sample where
/// positive. df/dpi = [selected and pi > 0].
template <class ScalarType>
class TopK : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "top_k";

  struct Settings {
    Index k = 32;  ///< active latents a sample, 1 <= k <= n_latents
  };

  TopK() : TopK(Settings()) {}
  explicit TopK(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] TopKSelection<Scalar> select(Index batch, Index n_latents) const {
    return {batch, std::min(settings_.k, n_latents)};
  }

  [[nodiscard]] TopK inference() const { return *this; }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }

  void check() const { require_at_least("TopK k", settings_.k, Index{1}); }
  void resize(Index n_latents) { require_between("TopK k", settings_.k, Index{1}, n_latents); }

  template <class Visit>
  void visit_settings(const Visit& visit) {
    visit("k", settings_.k);
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
