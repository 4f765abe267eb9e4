// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/losses/loss.hpp>

namespace parsae::inline PARSAE_ABI {

/// L0 with a straight-through gradient (Rajamanoharan et al., arXiv 2407.14435):
/// L = coefficient / batch * number of active entries. It sends nothing to values or pre-activations; it adds
/// coefficient / batch to the gate of every stored entry, which JumpReLU turns into a gradient of its thresholds.
class L0STE {
 public:
  struct Settings {
    double coefficient = 1e-3;  ///< lambda >= 0, the price of one active latent
  };

  static constexpr std::string_view name = "l0";
  static constexpr bool needs_threshold = true;

  L0STE() : L0STE(Settings()) {}
  explicit L0STE(const Settings& settings) : settings_(settings) {
    require_not_negative("L0STE coefficient", settings.coefficient);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("coefficient", settings_.coefficient);
  }
  [[nodiscard]] L0STE of_step(const CodeLossStep& step) const {
    return L0STE({settings_.coefficient * step.coefficient_factor});
  }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar, Index batch,
                           LatentGradient<Scalar>& gradient) const {
    const double weight = settings_.coefficient / static_cast<double>(batch);
    Index active = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      gradient.gate[e] += static_cast<Scalar>(weight);
      active += entries.values[e] != 0;
    }
    return weight * static_cast<double>(active);
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
