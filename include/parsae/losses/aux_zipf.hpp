// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/aux_k.hpp>

#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// aux_zipf: AuxK for under-used latents as well as for dead ones. The paper that names it (Ayonrinde, arXiv
/// 2411.02124) says that it generalizes AuxK to latents that are rarely active, and that densities follow Zipf's law;
/// what follows is our reading. With rho_j the running density of latent j and rank(j) = 1, 2, ... its place when
/// densities descend:
///
///     expected(rank) = k w_rank / sum_r w_r,   w_r = (r + beta)^-alpha,   k = sum_j rho_j (the measured L0)
///     U = {j : j is dead, or rho_j < tau expected(rank(j))}
///
/// and the latents of U reconstruct the residual as AuxK's dead ones do: same selection, normalization and
/// coefficient. Before a whole density window has passed, densities are not known well enough and U has the dead
/// latents only. With tau = 0 it is AuxK.
class AuxZipf {
 public:
  struct Settings {
    double coefficient = 1.0 / 32;  ///< >= 0
    Index k_aux = 0;                ///< auxiliary latents a sample, >= 0; 0: half the number of outputs
    double under_use = 0.1;  ///< tau, 0 to 1: the part of the expected density below which a latent is under-used
    double exponent = 1;     ///< alpha >= 0
    double offset = 0;       ///< beta >= 0, in ranks
  };

  static constexpr std::string_view name = "aux_zipf";
  static constexpr AuxiliaryTarget target = AuxK::target;
  static constexpr AuxiliaryDecoder decoder = AuxK::decoder;

  AuxZipf() : AuxZipf(Settings()) {}
  explicit AuxZipf(const Settings& settings)
      : settings_(checked(settings)), aux_k_({.coefficient = settings.coefficient, .k_aux = settings.k_aux}) {}

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("coefficient", settings_.coefficient);
    visit("k_aux", settings_.k_aux);
    visit("under_use", settings_.under_use);
    visit("exponent", settings_.exponent);
    visit("offset", settings_.offset);
  }

  [[nodiscard]] Index mark_eligible(const LatentHistory& history, Slice<std::uint8_t> eligible) const {
    Index n_eligible = aux_k_.mark_eligible(history, eligible);
    if (settings_.under_use == 0) return n_eligible;
    double l0 = 0;
    double weights = 0;
    for (Index j = 0; j < history.density.size(); ++j) {
      l0 += history.density[j];
      weights += weight(j);
    }
    const double factor = settings_.under_use * l0 / weights;
    for (Index j = 0; j < history.density.size(); ++j) {
      const bool is_under_used = history.density[j] < factor * weight(history.rank[j]);
      n_eligible += is_under_used && eligible[j] == 0;
      eligible[j] = eligible[j] != 0 || is_under_used;
    }
    return n_eligible;
  }

  template <class Scalar>
  [[nodiscard]] TopKSelection<Scalar> select(Index batch, Index n_outputs, Slice<const std::uint8_t> eligible,
                                             Index n_eligible) const {
    return aux_k_.select<Scalar>(batch, n_outputs, eligible, n_eligible);
  }

  template <class Scalar>
  [[nodiscard]] double add(const Eigen::Ref<const Matrix<Scalar>>& residual,
                           const Eigen::Ref<const Matrix<Scalar>>& recon, double residual_variation,
                           Eigen::Ref<Matrix<Scalar>> d_recon) const {
    return aux_k_.add<Scalar>(residual, recon, residual_variation, d_recon);
  }

 private:
  [[nodiscard]] static const Settings& checked(const Settings& settings) {
    require_not_negative("AuxZipf coefficient", settings.coefficient);
    require_at_least("AuxZipf k_aux", settings.k_aux, Index{0});
    require_between("AuxZipf under_use", settings.under_use, 0.0, 1.0);
    require_not_negative("AuxZipf exponent", settings.exponent);
    require_not_negative("AuxZipf offset", settings.offset);
    return settings;
  }

  /// w of a rank that counts from 0.
  [[nodiscard]] double weight(Index rank) const {
    return std::pow(static_cast<double>(rank + 1) + settings_.offset, -settings_.exponent);
  }

  Settings settings_;
  AuxK aux_k_;
};

}  // namespace parsae::inline PARSAE_ABI
