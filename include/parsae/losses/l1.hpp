// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/losses/loss.hpp>

namespace parsae::inline PARSAE_ABI {

/// L1 on the code: L = coefficient / batch * sum over samples i and latents j of w_j f_ij, f >= 0.
///
/// Weighting::Plain: w_j = 1. Weighting::DecoderNorm: w_j = |w_dec(:, j)|, which keeps a free decoder from growing to
/// make its code small; d/df_ij = coefficient w_j / batch, d/d|w_dec(:, j)| = coefficient / batch * sum_i f_ij.
/// Explicit zeros have that slope, too: a learned threshold feels it over its whole window, and everything else ignores
/// it.
class L1 {
 public:
  enum class Weighting { Plain, DecoderNorm };

  struct Settings {
    double coefficient = 1e-3;  ///< lambda >= 0; sum over inputs, mean over samples
    Weighting weighting = Weighting::Plain;
  };

  static constexpr std::string_view name = "l1";
  static constexpr bool needs_threshold = false;

  L1() : L1(Settings()) {}
  explicit L1(const Settings& settings) : settings_(settings) {
    require_not_negative("L1 coefficient", settings.coefficient);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("coefficient", settings_.coefficient);
    visit("weighting", settings_.weighting == Weighting::Plain ? "plain" : "decoder_norm");
  }

  /// coefficient w_j / batch, what one more unit of a latent costs.
  [[nodiscard]] double slope(double decoder_norm, Index batch) const {
    const double per_sample = settings_.coefficient / static_cast<double>(batch);
    return settings_.weighting == Weighting::DecoderNorm ? per_sample * decoder_norm : per_sample;
  }

  /// dL/d|w_dec(:, j)| of a latent whose entries add up to `sum`; 0 where norms do not weigh.
  [[nodiscard]] double norm_slope(double sum, Index batch) const {
    return settings_.weighting == Weighting::DecoderNorm ? settings_.coefficient / static_cast<double>(batch) * sum
                                                         : 0.0;
  }

  [[nodiscard]] L1 of_step(const CodeLossStep& step) const {
    return L1({settings_.coefficient * step.coefficient_factor, settings_.weighting});
  }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                           LatentGradient<Scalar>& gradient) const {
    const double weight = slope(static_cast<double>(decoder_norm), batch);
    double sum = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      sum += static_cast<double>(entries.values[e]);
      gradient.value[e] += static_cast<Scalar>(weight);
    }
    gradient.decoder_norm += static_cast<Scalar>(norm_slope(sum, batch));
    return weight * sum;
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
