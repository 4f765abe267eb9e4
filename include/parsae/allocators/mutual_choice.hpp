// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/mutual_choice_selection.hpp>
#include <parsae/allocators/running_means.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// Mutual Choice (Ayonrinde, arXiv 2411.02124): a total budget of k active latents a sample on average, allocated
/// freely over the batch: the max(1, round(k x batch)) largest positive pre-activations. The same rule as BatchTopK
/// (Bussmann et al., arXiv 2412.06410).
///
/// Inference treats samples one by one, f = pi [pi > theta], with theta the running mean (see RunningMeans) of each
/// training batch's smallest selected pre-activation, or what calibrate_thresholds() measured.
template <class ScalarType>
class MutualChoice : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "mutual_choice";

  struct Settings {
    double k = 32;                  ///< active latents a sample, on average; 0 < k <= n_latents
    double threshold_decay = 0.99;  ///< of the running mean, a batch; 0 to 0.9999999
  };

  MutualChoice() : MutualChoice(Settings()) {}
  explicit MutualChoice(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] MutualChoiceSelection<Scalar> select(Index batch, Index) const {
    return MutualChoiceSelection<Scalar>::of_density(batch, settings_.k);
  }

  /// Throws std::invalid_argument when no training batch has been seen: there is no threshold yet.
  [[nodiscard]] Threshold<Scalar> inference() const {
    if (!running_.has_mean(0))
      reject("MutualChoice threshold", "a model that has seen a training batch", "one that has not");
    return Threshold<Scalar>(Vector<Scalar>::Constant(1, running_.mean(0)));
  }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }

  void observe(const SparseCode<Scalar>& code) {
    if (code.stored() == 0) return;
    running_.observe(0, *std::min_element(code.values.begin(), code.values.end()), settings_.threshold_decay);
  }

  /// What calibrate_thresholds() aims at: k active latents a sample, with one threshold.
  [[nodiscard]] Buffer<double> calibration_densities() const { return Buffer<double>(1, settings_.k); }

  /// Replaces the running mean.
  /// \param threshold  one entry, >= 0
  void set_thresholds(const Vector<Scalar>& threshold) {
    require_shape("MutualChoice threshold", threshold.size(), 1, 1, 1);
    require_not_negative("MutualChoice threshold", static_cast<double>(threshold(0)));
    running_.set(0, threshold(0));
  }

  void check() const {
    require_positive("MutualChoice k", settings_.k);
    require_between("MutualChoice threshold_decay", settings_.threshold_decay, 0.0, 0.9999999);
    require_not_negative("MutualChoice running_threshold", static_cast<double>(running_.least()));
  }
  void resize(Index n_latents) { require_between("MutualChoice k", settings_.k, 0.0, static_cast<double>(n_latents)); }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(running_.array("running_threshold", Axis::Shared));
  }
  template <class Visit>
  void visit_settings(const Visit& visit) {
    visit("k", settings_.k);
    visit("threshold_decay", settings_.threshold_decay);
  }

 private:
  Settings settings_;
  RunningMeans<Scalar> running_{1};
};

/// The name that Bussmann et al. gave the same rule.
template <class Scalar>
using BatchTopK = MutualChoice<Scalar>;

}  // namespace parsae::inline PARSAE_ABI
