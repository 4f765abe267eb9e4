// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
#include <parsae/activations/threshold_selection.hpp>
#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// A fixed threshold, one for all latents or one each: f = pi [pi > theta], df/dpi = [pi > theta]. The inference rule
/// of activations that are trained otherwise (JumpReLU, Mutual Choice).
template <class ScalarType>
class Threshold : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "threshold";

  Threshold() = default;

  /// \param threshold  n_latents thresholds, or one for all; each >= 0
  explicit Threshold(const Vector<Scalar>& threshold) : threshold_(threshold) {
    require_at_least("Threshold size", threshold.size(), Index{1});
    check();
  }

  [[nodiscard]] const Vector<Scalar>& threshold() const { return threshold_; }

  [[nodiscard]] ThresholdSelection<Scalar> select(Index batch, Index n_latents) const {
    if (threshold_.size() == 1) return {batch, threshold_(0)};
    require_shape("Threshold thresholds", threshold_.size(), 1, n_latents, 1);
    return {batch, {threshold_.data(), threshold_.size()}, Scalar(0)};
  }

  [[nodiscard]] Threshold inference() const { return *this; }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }

  void check() const {
    for (const Scalar value : threshold_) require_not_negative("Threshold threshold", static_cast<double>(value));
  }

  /// In a model every latent has its own threshold: one for all is copied to each.
  void resize(Index n_latents) {
    if (threshold_.size() == 1) threshold_ = Vector<Scalar>::Constant(n_latents, threshold_(0)).eval();
    require_shape("Threshold thresholds", threshold_.size(), 1, n_latents, 1);
  }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(
        ParameterArray<Scalar>{"threshold", Role::Statistic, Axis::Latent, 1, {threshold_.data(), threshold_.size()}});
  }

 private:
  Vector<Scalar> threshold_ = Vector<Scalar>::Zero(1);
};

}  // namespace parsae::inline PARSAE_ABI
