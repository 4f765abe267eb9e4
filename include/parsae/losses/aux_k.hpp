// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/core/check.hpp>
#include <parsae/losses/auxiliary.hpp>

namespace parsae::inline PARSAE_ABI {

/// AuxK (Gao et al., arXiv 2406.04093): dead latents reconstruct what the living ones leave over.
///
///     e = x - xhat (a constant),   ehat = W_dec ReLU(TopK_k_aux(pi restricted to dead latents)), no bias
///     L = coefficient * sum_i |ehat_i - e_i|^2 / sum_i |e_i - mean e|^2
///     dL/d ehat_i = 2 coefficient (ehat_i - e_i) / sum_i |e_i - mean e|^2
///
/// 0 where the residual has no variance. The normalization makes the coefficient independent of the data's scale.
class AuxK {
 public:
  struct Settings {
    double coefficient = 1.0 / 32;  ///< alpha >= 0
    Index k_aux = 0;                ///< auxiliary latents a sample, >= 0; 0: half the number of outputs
  };

  static constexpr std::string_view name = "aux_k";
  static constexpr AuxiliaryTarget target = AuxiliaryTarget::Residual;
  static constexpr AuxiliaryDecoder decoder = AuxiliaryDecoder::Trained;

  AuxK() : AuxK(Settings()) {}
  explicit AuxK(const Settings& settings) : settings_(settings) {
    require_not_negative("AuxK coefficient", settings.coefficient);
    require_at_least("AuxK k_aux", settings.k_aux, Index{0});
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("coefficient", settings_.coefficient);
    visit("k_aux", settings_.k_aux);
  }

  [[nodiscard]] Index mark_eligible(const LatentHistory& history, Slice<std::uint8_t> eligible) const {
    std::copy(history.dead.begin(), history.dead.end(), eligible.begin());
    return history.n_dead;
  }

  template <class Scalar>
  [[nodiscard]] TopKSelection<Scalar> select(Index batch, Index n_outputs, Slice<const std::uint8_t> eligible,
                                             Index n_eligible) const {
    const Index wanted = settings_.k_aux > 0 ? settings_.k_aux : std::max(n_outputs / 2, Index{1});
    return {batch, std::min(wanted, n_eligible), eligible};
  }

  template <class Scalar>
  [[nodiscard]] double add(const Eigen::Ref<const Matrix<Scalar>>& residual,
                           const Eigen::Ref<const Matrix<Scalar>>& recon, double residual_variation,
                           Eigen::Ref<Matrix<Scalar>> d_recon) const {
    const double weight = residual_variation > 0 ? settings_.coefficient / residual_variation : 0.0;
    d_recon = recon - residual;
    const double error = static_cast<double>(d_recon.squaredNorm());
    d_recon *= static_cast<Scalar>(2 * weight);
    return weight * error;
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
