// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/threshold.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// JumpReLU with a learned threshold for each latent (Rajamanoharan et al., arXiv 2407.14435):
///
///     f = pi H(pi - theta),   H(u) = 1 iff u > 0,   theta >= 0
///     df/dpi = H(pi - theta)                                    (the true derivative: no straight-through estimate)
///     df/dtheta := -(theta / epsilon) K((pi - theta) / epsilon)
///     dH/dtheta := -(1 / epsilon) K((pi - theta) / epsilon),    K(u) = 1 iff |u| < 1/2
///
/// so that, with g the gradient at the code's values and h that at its gates,
/// d theta = - sum over samples inside the window of (theta g + h) / epsilon. Entries inside the window but not above
/// the threshold are stored as explicit zeros, because g is wanted there, too.
///
/// Thresholds are stored as such, never as logarithms, which barely move under Adam in a short run.
template <class ScalarType>
class JumpReLU {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "jump_relu";
  static constexpr bool has_threshold = true;

  struct Settings {
    double initial_threshold = 0.001;  ///< theta at the start, >= 0, in units of the scaled pre-activations
    double bandwidth = 0.001;  ///< epsilon > 0, same units: wide is smooth and biased, narrow hardly ever learns
  };

  JumpReLU() : JumpReLU(Settings()) {}
  explicit JumpReLU(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Vector<Scalar>& threshold() const { return threshold_; }
  [[nodiscard]] Vector<Scalar>& threshold() { return threshold_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] ThresholdSelection<Scalar> select(Index batch, Index n_latents) const {
    require_shape("JumpReLU thresholds", threshold_.size(), 1, n_latents, 1);
    return {batch, {threshold_.data(), threshold_.size()}, static_cast<Scalar>(settings_.bandwidth)};
  }

  [[nodiscard]] Threshold<Scalar> inference() const { return Threshold<Scalar>(threshold_); }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar> d_own) const {
    pass_through_backward(entries, gradient, d_pre_acts);
    const Scalar theta = threshold_(entries.latent);
    const Scalar bandwidth = static_cast<Scalar>(settings_.bandwidth);
    double d_theta = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      const bool in_window = std::abs(entries.pre_acts[e] - theta) < bandwidth / 2;
      if (in_window) d_theta -= static_cast<double>(theta * gradient.value[e] + gradient.gate[e]);
    }
    d_own[0] = static_cast<Scalar>(d_theta / settings_.bandwidth);
  }

  void observe(const SparseCode<Scalar>&) {}
  void check() const {
    require_not_negative("JumpReLU initial_threshold", settings_.initial_threshold);
    require_positive("JumpReLU bandwidth", settings_.bandwidth);
    for (const Scalar value : threshold_) require_not_negative("JumpReLU threshold", static_cast<double>(value));
  }
  void resize(Index n_latents) { threshold_.setConstant(n_latents, static_cast<Scalar>(settings_.initial_threshold)); }
  void constrain(Index latent) { threshold_(latent) = std::max(threshold_(latent), Scalar(0)); }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(ParameterArray<Scalar>{"threshold", Role::Learned, Axis::Latent, 1, {threshold_.data(), threshold_.size()}});
  }
  template <class Visit>
  void visit_settings(const Visit& visit) {
    visit("initial_threshold", settings_.initial_threshold);
    visit("bandwidth", settings_.bandwidth);
  }

 private:
  Settings settings_;
  Vector<Scalar> threshold_;
};

}  // namespace parsae::inline PARSAE_ABI
