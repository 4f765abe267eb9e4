// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/threshold_selection.hpp>
#include <parsae/core/check.hpp>
#include <parsae/losses/auxiliary.hpp>
#include <parsae/losses/mean_squared_error.hpp>

namespace parsae::inline PARSAE_ABI {

/// The auxiliary loss of Gated SAEs (Rajamanoharan et al., arXiv 2404.16014): the gate's pre-activations reconstruct
/// the target by themselves, through a decoder that is a constant here.
///
///     L = coefficient * sum_i weight_i |sg(w_dec) ReLU(pi_i) + sg(b_dec) - t_i|^2,   weight_i = 1 / batch or the
///     batch's own
///
/// sg stops the gradient: it trains encoder and gate bias, never w_dec or b_dec as decoder's bias. The encoder reads
/// s x - b_dec, though, and that use of b_dec has its gradient, as every loss on pi has. The paper's coefficient is 1.
class GateReconstruction {
 public:
  struct Settings {
    double coefficient = 1;  ///< >= 0
  };

  static constexpr std::string_view name = "gate_reconstruction";
  static constexpr AuxiliaryTarget target = AuxiliaryTarget::Full;
  static constexpr AuxiliaryDecoder decoder = AuxiliaryDecoder::Frozen;
  static constexpr bool needs_gate = true;

  GateReconstruction() : GateReconstruction(Settings()) {}
  explicit GateReconstruction(const Settings& settings) : settings_(settings) {
    require_not_negative("GateReconstruction coefficient", settings.coefficient);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("coefficient", settings_.coefficient);
  }

  [[nodiscard]] Index mark_eligible(const LatentHistory&, Slice<std::uint8_t> eligible) const {
    std::fill(eligible.begin(), eligible.end(), std::uint8_t{1});
    return eligible.size();
  }

  /// ReLU(pi) of every latent.
  template <class Scalar>
  [[nodiscard]] ThresholdSelection<Scalar> select(Index batch, Index, Slice<const std::uint8_t>, Index) const {
    return {batch, Scalar(0)};
  }

  template <class Scalar>
  [[nodiscard]] double add(const Eigen::Ref<const Matrix<Scalar>>& target_block,
                           const Eigen::Ref<const Matrix<Scalar>>& recon, Slice<const Scalar> sample_weights,
                           Eigen::Ref<Matrix<Scalar>> d_recon) const {
    const double error = MeanSquaredError().add<Scalar>(target_block, recon, sample_weights, d_recon);
    d_recon *= static_cast<Scalar>(settings_.coefficient);
    return settings_.coefficient * error;
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
