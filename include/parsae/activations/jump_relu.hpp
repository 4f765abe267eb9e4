// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/threshold.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <array>
#include <cmath>

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
///
/// By default the bandwidth follows the data and narrows while it trains (our reading, the paper has a constant):
///
///     epsilon = relative_bandwidth sigma narrowed_to^min(b / narrowing_batches, 1)   after b training batches
///
/// with sigma the running mean of each batch's standard deviation of pre-activations about their mean, over all latents
/// and a few samples: sum <- decay sum + (1 - decay) deviation, weight <- decay weight + (1 - decay), sigma = sum /
/// weight. Until a deviation was measured there is no window: thresholds stay put. A wide window moves thresholds with
/// less noise, and with a bias that keeps entries active that explain little; it costs entries, too: with one sigma two
/// to four times the active ones are stored. So it wants to be wide while latents find their places and narrow at the
/// end: let narrowing_batches be about three fifths of the run.
template <class ScalarType>
class JumpReLU {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "jump_relu";
  static constexpr bool has_threshold = true;

  struct Settings {
    double initial_threshold = 0.001;  ///< theta at the start, >= 0, in units of the scaled pre-activations
    double bandwidth = 0;              ///< epsilon in the same units, >= 0; 0: the relative one counts
    double relative_bandwidth = 2;     ///< epsilon at the start, in standard deviations of the pre-activations, > 0:
                                       ///< wide is smooth and biased, narrow hardly ever learns
    double deviation_decay = 0.99;     ///< of the running deviation, a batch; 0 to 0.9999999
    double narrowed_to = 0.25;         ///< the part of the relative bandwidth that is left in the end, 0.001 to 1
    Index narrowing_batches = 1000;    ///< training batches until then, 1 to 2^24
  };

  JumpReLU() : JumpReLU(Settings()) {}
  explicit JumpReLU(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Vector<Scalar>& threshold() const { return threshold_; }
  [[nodiscard]] Vector<Scalar>& threshold() { return threshold_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// sigma, the running standard deviation of the pre-activations; 0 before any was measured.
  [[nodiscard]] Scalar deviation() const { return running_(1) > 0 ? running_(0) / running_(1) : Scalar(0); }

  /// The part of the relative bandwidth that is left by now, from 1 down to narrowed_to.
  [[nodiscard]] Scalar narrowing() const { return narrowing_[1]; }

  /// epsilon; 0, no window, where the relative one counts and no deviation was measured.
  [[nodiscard]] Scalar bandwidth() const {
    return settings_.bandwidth > 0 ? static_cast<Scalar>(settings_.bandwidth)
                                   : static_cast<Scalar>(settings_.relative_bandwidth) * narrowing() * deviation();
  }

  [[nodiscard]] ThresholdSelection<Scalar> select(Index batch, Index n_latents) const {
    require_shape("JumpReLU thresholds", threshold_.size(), 1, n_latents, 1);
    return {batch, {threshold_.data(), threshold_.size()}, bandwidth()};
  }

  [[nodiscard]] Threshold<Scalar> inference() const { return Threshold<Scalar>(threshold_); }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar> d_own) const {
    pass_through_backward(entries, gradient, d_pre_acts);
    const Scalar theta = threshold_(entries.latent);
    const Scalar half = bandwidth() / 2;
    double d_theta = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      const bool in_window = std::abs(entries.pre_acts[e] - theta) < half;
      if (in_window) d_theta -= static_cast<double>(theta * gradient.value[e] + gradient.gate[e]);
    }
    d_own[0] = half > 0 ? static_cast<Scalar>(d_theta / static_cast<double>(2 * half)) : Scalar(0);
  }

  /// Another training batch.
  void observe(const SparseCode<Scalar>&) {
    const auto most = static_cast<double>(settings_.narrowing_batches);
    const double batches = std::min(static_cast<double>(narrowing_[0]) + 1, most);
    narrowing_[0] = static_cast<Scalar>(batches);
    narrowing_[1] = static_cast<Scalar>(std::pow(settings_.narrowed_to, batches / most));
  }

  /// Takes the standard deviation of `pre_acts` (n_latents x samples) about their mean, in double, into the running
  /// one; leaves it alone where that is not finite.
  void observe_pre_acts(const Matrix<Scalar>& pre_acts) {
    if (pre_acts.size() == 0) return;
    const auto n = static_cast<double>(pre_acts.size());
    const double mean = pre_acts.template cast<double>().sum() / n;
    const double squares = (pre_acts.template cast<double>().array() - mean).square().sum();
    const auto deviation = static_cast<Scalar>(std::sqrt(squares / n));
    if (!std::isfinite(deviation)) return;
    const Scalar decay = static_cast<Scalar>(settings_.deviation_decay);
    running_(0) = decay * running_(0) + (1 - decay) * deviation;
    running_(1) = decay * running_(1) + (1 - decay);
  }

  void check() const {
    require_not_negative("JumpReLU initial_threshold", settings_.initial_threshold);
    require_not_negative("JumpReLU bandwidth", settings_.bandwidth);
    require_positive("JumpReLU relative_bandwidth", settings_.relative_bandwidth);
    require_between("JumpReLU deviation_decay", settings_.deviation_decay, 0.0, 0.9999999);
    require_between("JumpReLU narrowed_to", settings_.narrowed_to, 0.001, 1.0);
    require_between("JumpReLU narrowing_batches", settings_.narrowing_batches, Index{1}, Index{1} << 24);
    require_between("JumpReLU narrowing batches", static_cast<double>(narrowing_[0]), 0.0,
                    static_cast<double>(settings_.narrowing_batches));
    require_between("JumpReLU narrowing", static_cast<double>(narrowing_[1]), 0.00099, 1.0);  // a rounded power
    require_not_negative("JumpReLU running_deviation", static_cast<double>(running_.minCoeff()));
    require_not_negative("JumpReLU deviation", static_cast<double>(deviation()));
    for (const Scalar value : threshold_) require_not_negative("JumpReLU threshold", static_cast<double>(value));
  }
  /// Begins anew: thresholds, running deviation and window.
  void resize(Index n_latents) {
    threshold_.setConstant(n_latents, static_cast<Scalar>(settings_.initial_threshold));
    running_.setZero();
    narrowing_ = {Scalar(0), Scalar(1)};
  }
  void constrain(Index latent) { threshold_(latent) = std::max(threshold_(latent), Scalar(0)); }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(ParameterArray<Scalar>{"threshold", Role::Learned, Axis::Latent, 1, {threshold_.data(), threshold_.size()}});
    visit(ParameterArray<Scalar>{"running_deviation", Role::Statistic, Axis::Shared, 2, {running_.data(), 2}});
    visit(ParameterArray<Scalar>{"narrowing", Role::Statistic, Axis::Shared, 2, {narrowing_.data(), 2}});
  }
  template <class Visit>
  void visit_settings(const Visit& visit) {
    visit("initial_threshold", settings_.initial_threshold);
    visit("bandwidth", settings_.bandwidth);
    visit("relative_bandwidth", settings_.relative_bandwidth);
    visit("deviation_decay", settings_.deviation_decay);
    visit("narrowed_to", settings_.narrowed_to);
    visit("narrowing_batches", settings_.narrowing_batches);
  }

 private:
  Settings settings_;
  Vector<Scalar> threshold_;
  Vector<Scalar> running_ = Vector<Scalar>::Zero(2);  ///< sum, weight
  std::array<Scalar, 2> narrowing_{0, 1};             ///< training batches that count, what is left of the bandwidth
};

}  // namespace parsae::inline PARSAE_ABI
