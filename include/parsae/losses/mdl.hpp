// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/losses/loss.hpp>
#include <parsae/losses/value_bits.hpp>

#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// Which bits of a code a CodeBits loss counts.
enum class CountedBits { PresenceAndValues, Presence, Values };

/// The description length of the code as a training loss. "Interpretability as Compression" (arXiv 2410.11179) judges
/// SAEs by the bits of their codes at a given error; that those bits can be trained on, and all of this derivation, is
/// ours.
///
/// One sample x of d outputs is sent as its code and what the reconstruction leaves over. A Gaussian code of variance
/// sigma^2 sends the residual e to a precision of Delta in
///
///     d/2 log2(2 pi sigma^2 / Delta^2) + |e|^2 / (2 sigma^2 ln 2)   bits,
///
/// of which training moves the second part alone. So the whole message, in units of squared error, is
///
///     L = |e|^2 + coefficient * (bits of the code),   coefficient = 2 ln 2 sigma^2,
///
/// a MeanSquaredError and this loss: nothing is left to tune against each other. What is left is where to stop,
/// sigma^2, and it says everything: a bit is worth sending when it saves 2 ln 2 sigma^2 of squared error, and values
/// are sent to a precision of sigma (ValueBits).
///
/// Which error that leads to depends on the code. sigma^2 itself is best at the variance of the residual, where the
/// residual takes d/2 log2(2 pi e sigma^2 / Delta^2) bits. So for a code that trades bits for error as well as the one
/// of the residual does, an FVU of eps (of inputs with mean squared norm 1 about b_dec) means sigma^2 = eps / d. A
/// sparse code needs more bits for the same further step down, so it needs a smaller sigma^2 for the same error.
///
/// The bits of a code, each latent coded for itself:
///
///     presence: log2(1 / p_j) where latent j is active, log2(1 / (1 - p_j)) where it is not
///     value:    b_j(z) where it is active, see ValueBits
///
/// p_j is the latent's firing rate and b_j knows mean and variance of its values, over this batch and the running means
/// of the steps before, pooled sample by sample; both are constants of the gradient. For presence that is exact: the
/// derivative of the entropy Hb(p) by p is log2((1 - p) / p), the price of one more activation, and it is what the
/// gates get. L0STE has one price for all latents; here rare latents are dear, those active in every second sample
/// free.
///
/// The gradient of a value is b'(z). What a gate opens is a jump by the whole of b at the threshold, which is not z
/// b'(z), the jump that an activation makes of a value's gradient; so gates get the difference,
///
///     dL/df = coefficient / batch * b'(z),
///     dL/dH = coefficient / batch * (log2((1 - p) / p) + b(z) - z b'(z)),   z = pi at explicit zeros,
///
/// with which JumpReLU's theta f' + H' is the price at its threshold, on the tangent of b at z.
///
/// Reduction: sum over latents, mean over samples, in units of squared error: coefficient times bits a sample.
template <CountedBits counted>
class CodeBits {
 public:
  struct Settings {
    double noise_variance = 5e-4;  ///< sigma^2 > 0, of each output, in scaled units (inputs of mean squared norm 1)
    double coefficient = 0;        ///< of a bit, >= 0; 0: the one that follows, 2 ln 2 noise_variance
  };

  static constexpr bool counts_presence = counted != CountedBits::Values;
  static constexpr bool counts_values = counted != CountedBits::Presence;
  static constexpr std::string_view name = !counts_values ? "mdl_presence" : !counts_presence ? "mdl_values" : "mdl";
  static constexpr bool needs_threshold = counts_presence;
  static constexpr bool needs_value_moments = counts_values;

  CodeBits() : CodeBits(Settings()) {}
  explicit CodeBits(const Settings& settings) : settings_(settings) {
    require_positive(std::string(name).append(" noise_variance"), settings.noise_variance);
    require_not_negative(std::string(name).append(" coefficient"), settings.coefficient);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("noise_variance", settings_.noise_variance);
    visit("coefficient", settings_.coefficient);
  }

  /// What a bit costs in squared error, before any schedule.
  [[nodiscard]] double coefficient() const {
    return settings_.coefficient > 0 ? settings_.coefficient : 2 * std::numbers::ln2 * settings_.noise_variance;
  }

  [[nodiscard]] CodeBits of_step(const CodeLossStep& step) const {
    CodeBits loss(settings_);
    loss.factor_ = factor_ * step.coefficient_factor;
    loss.before_ = step.before;
    return loss;
  }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                           LatentGradient<Scalar>& gradient) const {
    const LatentActivity activity = pooled_activity(before_, entries, batch);
    const ValueBits value_bits(activity, static_cast<double>(decoder_norm), settings_.noise_variance);
    const double rate = activity.rate();
    const double price = counts_presence ? std::log2((1 - rate) / rate) : 0;
    const double weight = factor_ * coefficient() / static_cast<double>(batch);
    double bits = counts_presence ? -static_cast<double>(batch) * std::log2(1 - rate) : 0;
    double norm_slope = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      const bool is_active = entries.values[e] != 0;
      const double value = static_cast<double>(is_active ? entries.values[e] : entries.pre_acts[e]);
      double jump = price;
      if constexpr (counts_values) {
        const double slope = value_bits.slope(value);
        jump += value_bits.bits(value);
        gradient.value[e] += static_cast<Scalar>(weight * slope);
        gradient.gate[e] += static_cast<Scalar>(weight * (jump - value * slope));
        if (is_active) norm_slope += value_bits.norm_slope(value);
      } else {
        gradient.gate[e] += static_cast<Scalar>(weight * jump);
      }
      if (is_active) bits += jump;
    }
    gradient.decoder_norm += static_cast<Scalar>(weight * norm_slope);
    return weight * bits;
  }

 private:
  Settings settings_;
  double factor_ = 1;     ///< of a schedule
  LatentMoments before_;  ///< of a loss that of_step() gave
};

/// All bits of the code; the activation needs learnable thresholds, such as JumpReLU's.
using MDL = CodeBits<CountedBits::PresenceAndValues>;

/// Which latents are active: an L0STE with a price for each latent.
using MDLPresence = CodeBits<CountedBits::Presence>;

/// What they are worth; for every activation. With MDLPresence it makes an MDL.
using MDLValues = CodeBits<CountedBits::Values>;

}  // namespace parsae::inline PARSAE_ABI
