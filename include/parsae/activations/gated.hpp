// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/gated_inference.hpp>

namespace parsae::inline PARSAE_ABI {

/// Gated SAE with tied weights (Rajamanoharan et al., arXiv 2404.16014): a gate decides which latents are active, and a
/// magnitude path with a learned scale and shift for each latent decides how much.
///
///     pi = w_enc^T (s x - b_dec) + b_enc        the gate's pre-activation, b_gate = b_enc
///     f  = [pi > 0] ReLU(exp(r) pi + c)
///
/// With c = b_mag - exp(r) b_gate this is the paper's model, ReLU(exp(r) w_enc^T (s x - b_dec) + b_mag) behind the
/// gate, with one encoder product instead of two; r and c start at 0. The functions are the same, the coordinates
/// are not: here a step on b_enc moves b_mag along.
///
/// The step [pi > 0] passes no gradient. With g the gradient at the code's values, over entries with f > 0:
///
///     d pi = exp(r) g,   d r = sum_i exp(r) pi_i g_i,   d c = sum_i g_i
///
/// The gate itself learns from losses on pi: GateL1 closes it, GateReconstruction opens it. They need a gradient where
/// the gate is open and the magnitude is 0, so training stores these entries as explicit zeros.
template <class ScalarType>
class Gated {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "gated";
  static constexpr bool has_threshold = false;
  static constexpr bool has_gate = true;

  /// r: exp(r) is the scale of the magnitude path.
  [[nodiscard]] const Vector<Scalar>& log_scale() const { return log_scale_; }
  [[nodiscard]] Vector<Scalar>& log_scale() { return log_scale_; }
  /// c, in units of the scaled inputs.
  [[nodiscard]] const Vector<Scalar>& shift() const { return shift_; }
  [[nodiscard]] Vector<Scalar>& shift() { return shift_; }

  [[nodiscard]] GatedSelection<Scalar> select(Index batch, Index n_latents) const {
    require_shape("Gated log_scale", log_scale_.size(), 1, n_latents, 1);
    require_shape("Gated shift", shift_.size(), 1, n_latents, 1);
    return {batch, {log_scale_.data(), n_latents}, {shift_.data(), n_latents}, ExplicitZeros::Stored};
  }

  [[nodiscard]] GatedInference<Scalar> inference() const { return {log_scale_, shift_}; }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar> d_own) const {
    const Scalar scale = std::exp(log_scale_(entries.latent));
    pass_through_backward(entries, gradient, d_pre_acts, scale);
    double d_scale = 0;
    double d_shift = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      if (entries.values[e] == 0) continue;
      d_scale += static_cast<double>(entries.pre_acts[e]) * static_cast<double>(gradient.value[e]);
      d_shift += static_cast<double>(gradient.value[e]);
    }
    d_own[0] = static_cast<Scalar>(static_cast<double>(scale) * d_scale);
    d_own[1] = static_cast<Scalar>(d_shift);
  }

  void observe(const SparseCode<Scalar>&) {}
  void check() const {
    for (const Scalar r : log_scale_)
      if (!std::isfinite(std::exp(r))) reject("Gated log_scale", "a value with a finite exponential", r);
    for (const Scalar c : shift_)
      if (!std::isfinite(c)) reject("Gated shift", "a finite value", c);
  }
  void resize(Index n_latents) {
    log_scale_.setZero(n_latents);
    shift_.setZero(n_latents);
  }
  void constrain(Index) {}

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    using Array = ParameterArray<Scalar>;
    visit(Array{"log_scale", Role::Learned, Axis::Latent, 1, {log_scale_.data(), log_scale_.size()}});
    visit(Array{"shift", Role::Learned, Axis::Latent, 1, {shift_.data(), shift_.size()}});
  }
  template <class Visit>
  void visit_settings(const Visit&) {}

 private:
  Vector<Scalar> log_scale_;
  Vector<Scalar> shift_;
};

}  // namespace parsae::inline PARSAE_ABI
