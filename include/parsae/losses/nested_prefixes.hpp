// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/losses/mean_squared_error.hpp>

#include <algorithm>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Squared errors of the reconstructions by the first latents alone (Matryoshka SAEs: Bussmann et al., arXiv
/// 2503.17547), in the place of MeanSquaredError. With m_1 < ... < m_P = n_latents, one code f and one b_dec,
///
///     xhat_p = b_dec + sum over j < m_p of f_j w_dec(:, j)
///     L = sum_p weight_p sum_i weight_i |xhat_p,i - x_i|^2
///
/// summed over inputs, and weight_i = 1 / batch unless the batch brings weights. A latent has the gradient of all
/// prefixes that contain it, dL/df_j = <w_dec(:, j), sum over p with j < m_p of dL/d xhat_p>; b_dec that of all. The
/// sum over p is the paper's; with weights of 1 / P instead, AuxK and losses on the code weigh P times as much.
///
/// Whatever else looks at a reconstruction sees the full one: FVU, AuxK's residual, encode() and decode(). Without
/// prefixes this is MeanSquaredError bit for bit. A step holds one matrix n_outputs x batch for each prefix, and has no
/// dense products in tiles: ReLU and JumpReLU pay for that in their first steps.
class NestedPrefixes {
 public:
  struct Settings {
    std::vector<Index> prefixes{};  ///< m_1 < m_2 < ..., each >= 1 and below n_latents; the full one needs no saying
    std::vector<double> weights{};  ///< >= 0, for each prefix and then for the full one, which is > 0; empty: all 1
  };

  static constexpr std::string_view name = "nested_mse";

  NestedPrefixes() = default;
  explicit NestedPrefixes(const Settings& settings) : settings_(settings) {
    const auto n = static_cast<Index>(settings.prefixes.size());
    for (std::size_t p = 0; p < settings.prefixes.size(); ++p)
      require_at_least("NestedPrefixes prefix", settings.prefixes[p], p == 0 ? Index{1} : settings.prefixes[p - 1] + 1);
    if (settings.weights.empty()) return;
    if (n == 0) reject("NestedPrefixes weights", "none without prefixes", "some");
    require_shape("NestedPrefixes weights", static_cast<Index>(settings.weights.size()), 1, n + 1, 1);
    for (const double weight : settings.weights) require_not_negative("NestedPrefixes weight", weight);
    require_positive("NestedPrefixes last weight", settings.weights.back());
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// Where each prefix but the full one ends: the first latent that it does not contain.
  [[nodiscard]] Slice<const Index> prefix_ends() const {
    return {settings_.prefixes.data(), static_cast<Index>(settings_.prefixes.size())};
  }

  /// Of prefix p's term; the full one comes last.
  [[nodiscard]] double prefix_weight(Index p) const {
    return settings_.weights.empty() ? 1 : settings_.weights[static_cast<std::size_t>(p)];
  }

  /// Throws std::invalid_argument unless all prefixes are shorter than the dictionary.
  void require_fits(Index n_latents) const {
    if (!settings_.prefixes.empty())
      require_between("NestedPrefixes last prefix", settings_.prefixes.back(), Index{1}, n_latents - 1);
  }

  /// One prefix's term, not weighted; as MeanSquaredError has it.
  template <class Scalar>
  [[nodiscard]] double add(const Eigen::Ref<const Matrix<Scalar>>& target,
                           const Eigen::Ref<const Matrix<Scalar>>& recon, Slice<const Scalar> sample_weights,
                           Eigen::Ref<Matrix<Scalar>> d_recon) const {
    return MeanSquaredError().add<Scalar>(target, recon, sample_weights, d_recon);
  }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("prefixes", settings_.prefixes);
    visit("weights", settings_.weights);
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
