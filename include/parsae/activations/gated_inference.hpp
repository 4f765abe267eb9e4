// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
#include <parsae/activations/gated_selection.hpp>
#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// A gate with a fixed scale and shift for each latent: f = [pi > 0] ReLU(exp(r) pi + c), df/dpi = exp(r) [f > 0]. The
/// inference rule of Gated: the same values, without the explicit zeros that training stores.
template <class ScalarType>
class GatedInference : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "gated_inference";

  /// In a model, r = c = 0: ReLU.
  GatedInference() = default;

  /// \param log_scale  r, n_latents entries; exp(r) is finite
  /// \param shift      c, n_latents finite entries
  GatedInference(const Vector<Scalar>& log_scale, const Vector<Scalar>& shift) : log_scale_(log_scale), shift_(shift) {
    require_shape("GatedInference shift", shift.size(), 1, log_scale.size(), 1);
    check();
  }

  [[nodiscard]] const Vector<Scalar>& log_scale() const { return log_scale_; }
  [[nodiscard]] const Vector<Scalar>& shift() const { return shift_; }

  [[nodiscard]] GatedSelection<Scalar> select(Index batch, Index n_latents) const {
    require_shape("GatedInference log_scale", log_scale_.size(), 1, n_latents, 1);
    return {batch, {log_scale_.data(), n_latents}, {shift_.data(), n_latents}, ExplicitZeros::Dropped};
  }

  [[nodiscard]] GatedInference inference() const { return *this; }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts, std::exp(log_scale_(entries.latent)));
  }

  void check() const {
    for (const Scalar r : log_scale_)
      if (!std::isfinite(std::exp(r))) reject("GatedInference log_scale", "a value with a finite exponential", r);
    for (const Scalar c : shift_)
      if (!std::isfinite(c)) reject("GatedInference shift", "a finite value", c);
  }

  void resize(Index n_latents) {
    if (log_scale_.size() == 0) {
      log_scale_.setZero(n_latents);
      shift_.setZero(n_latents);
    }
    require_shape("GatedInference log_scale", log_scale_.size(), 1, n_latents, 1);
  }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    using Array = ParameterArray<Scalar>;
    visit(Array{"log_scale", Role::Statistic, Axis::Latent, 1, {log_scale_.data(), log_scale_.size()}});
    visit(Array{"shift", Role::Statistic, Axis::Latent, 1, {shift_.data(), shift_.size()}});
  }

 private:
  Vector<Scalar> log_scale_;
  Vector<Scalar> shift_;
};

}  // namespace parsae::inline PARSAE_ABI
