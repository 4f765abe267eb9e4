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
  using Settings = L1::Settings;

  static constexpr std::string_view name = "gate_l1";
  static constexpr bool needs_threshold = false;
  static constexpr bool needs_gate = true;

  GateL1() = default;
  explicit GateL1(const Settings& settings) : price_(checked(settings)) {}

  [[nodiscard]] const Settings& settings() const { return price_.settings(); }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    price_.visit_settings(visit);
  }
  [[nodiscard]] GateL1 of_step(const CodeLossStep& step) const { return GateL1(price_.of_step(step).settings()); }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                           LatentGradient<Scalar>& gradient) const {
    const double weight = price_.slope(static_cast<double>(decoder_norm), batch);
    double sum = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      if (!(entries.pre_acts[e] > 0)) continue;
      sum += static_cast<double>(entries.pre_acts[e]);
      gradient.pre_act[e] += static_cast<Scalar>(weight);
    }
    gradient.decoder_norm += static_cast<Scalar>(price_.norm_slope(sum, batch));
    return weight * sum;
  }

 private:
  [[nodiscard]] static const Settings& checked(const Settings& settings) {
    require_not_negative("GateL1 coefficient", settings.coefficient);
    return settings;
  }

  L1 price_;  ///< of a unit, here of open gates
};

}  // namespace parsae::inline PARSAE_ABI
