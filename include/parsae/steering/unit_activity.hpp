// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

/// What a sample's use of a unit is measured by, a token of the sample on average: how often the unit was chosen, or
/// with which weight (0 where it was not). The paper does not say in its abstract which one its maps show; frequency is
/// our reading.
enum class ActivityMeasure { Frequency, Weight };

/// How much each sample of a batch used each unit. A sample is made of tokens, each of which chooses some units: a
/// prompt or an image in front of a router, or a single token, whose units are its active latents.
class UnitActivity {
 public:
  UnitActivity(Index n_units, Index n_samples)
      : counts_(Matrix<double>::Zero(n_units, n_samples)),
        weights_(Matrix<double>::Zero(n_units, n_samples)),
        tokens_(Vector<double>::Zero(n_samples)) {}

  /// Each sample of a code as one token: Frequency is 1 where a latent is active, Weight is its activation.
  template <class Scalar>
  [[nodiscard]] static UnitActivity of_code(const SparseCode<Scalar>& code, Index n_latents) {
    require_latents("UnitActivity latent", code, n_latents);
    UnitActivity activity(n_latents, code.n_samples());
    for (Index i = 0; i < code.n_samples(); ++i) {
      activity.add_tokens(i, 1);
      for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e)
        if (code.values[e] != 0) activity.add(i, code.latents[e], static_cast<double>(code.values[e]));
    }
    return activity;
  }

  [[nodiscard]] Index n_units() const { return counts_.rows(); }
  [[nodiscard]] Index n_samples() const { return counts_.cols(); }

  /// `count` more tokens of a sample, whether they choose anything or not. Different threads may fill different
  /// samples.
  void add_tokens(Index sample, Index count) { tokens_[sample] += static_cast<double>(count); }

  /// One token of a sample chose a unit with this weight.
  void add(Index sample, Index unit, double weight) {
    counts_(unit, sample) += 1;
    weights_(unit, sample) += weight;
  }

  /// A mean over the sample's tokens; 0 for a sample without tokens.
  [[nodiscard]] double at(Index unit, Index sample, ActivityMeasure measure) const {
    const double sum = measure == ActivityMeasure::Frequency ? counts_(unit, sample) : weights_(unit, sample);
    return tokens_[sample] > 0 ? sum / tokens_[sample] : 0;
  }

 private:
  Matrix<double> counts_;   // n_units x n_samples
  Matrix<double> weights_;  // n_units x n_samples
  Vector<double> tokens_;   // n_samples
};

}  // namespace parsae::inline PARSAE_ABI
