// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/l1.hpp>

namespace parsae::inline PARSAE_ABI {

/// L1 on the pre-activations of an open gate, the sparsity loss of Gated SAEs (Rajamanoharan et al., arXiv 2404.16014):
/// L = coefficient / batch * sum over samples i and latents j of w_j ReLU(pi_ij), with w_j as in L1 (the paper's unit
/// decoder: Plain). It passes the activation by: d/dpi_ij = coefficient w_j / batch where pi_ij > 0, which no value and
/// no magnitude parameter feels.
class GateL1 {
 public:
  using Weighting = L1::Weighting;

  struct Settings {
    double coefficient = 1e-3;  ///< lambda >= 0; sum over inputs, mean over samples
    Weighting weighting = Weighting::Plain;
  };

  static constexpr std::string_view name = "gate_l1";
  static constexpr bool needs_threshold = false;
  static constexpr bool needs_gate = true;

  GateL1() : GateL1(Settings()) {}
  explicit GateL1(const Settings& settings) : settings_(settings) {
    require_not_negative("GateL1 coefficient", settings.coefficient);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] GateL1 of_step(const CodeLossStep& step) const {
    return GateL1({settings_.coefficient * step.coefficient_factor, settings_.weighting});
  }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                           LatentGradient<Scalar>& gradient) const {
    const bool by_norm = settings_.weighting == Weighting::DecoderNorm;
    const double per_sample = settings_.coefficient / static_cast<double>(batch);
    const double weight = by_norm ? per_sample * static_cast<double>(decoder_norm) : per_sample;
    double sum = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      if (!(entries.pre_acts[e] > 0)) continue;
      sum += static_cast<double>(entries.pre_acts[e]);
      gradient.pre_act[e] += static_cast<Scalar>(weight);
    }
    if (by_norm) gradient.decoder_norm += static_cast<Scalar>(per_sample * sum);
    return weight * sum;
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
