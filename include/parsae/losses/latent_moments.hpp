// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/latent_entries.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// What the steps before this one say of every latent: running means over samples, in which a sample counts 1 / e as
/// much for each window that has passed since (TrainSettings::density_window_samples). Inactive samples count as 0.
struct LatentMoments {
  double samples = 0;                   ///< as many samples as the means are worth; 0: there was no step yet
  Slice<const double> density{};        ///< n_latents: share of the samples in which the latent is active
  Slice<const double> value{};          ///< n_latents: mean value; empty unless a loss needs value moments
  Slice<const double> squared_value{};  ///< n_latents: mean squared value; empty as long
};

/// How often one latent is active, and the mean and the variance of its values where it is.
struct LatentActivity {
  double samples = 0;
  double active = 0;    ///< of them
  double mean = 0;      ///< over active samples; 0 without any
  double variance = 0;  ///< over active samples, about the mean, >= 0

  /// The estimate of Krichevsky and Trofimov, (active + 1/2) / (samples + 1): never 0 and never 1, so that whatever
  /// comes next has a finite code length.
  [[nodiscard]] double rate() const { return (active + 0.5) / (samples + 1); }
};

/// The samples that `before` remembers and those of this batch, all with the same weight.
template <class Scalar>
[[nodiscard]] LatentActivity pooled_activity(const LatentMoments& before, const LatentEntries<Scalar>& entries,
                                             Index batch) {
  LatentActivity pooled;
  double sum = 0;
  double squares = 0;
  for (const Scalar entry : entries.values) {
    if (entry == 0) continue;
    const double value = static_cast<double>(entry);
    ++pooled.active;
    sum += value;
    squares += value * value;
  }
  pooled.samples = static_cast<double>(batch) + before.samples;
  if (!before.density.empty()) pooled.active += before.samples * before.density[entries.latent];
  if (!before.value.empty()) {
    sum += before.samples * before.value[entries.latent];
    squares += before.samples * before.squared_value[entries.latent];
  }
  pooled.active = std::min(pooled.active, pooled.samples);  // densities from a file may be a little above 1
  if (pooled.active > 0) {
    pooled.mean = sum / pooled.active;
    pooled.variance = std::max(squares / pooled.active - pooled.mean * pooled.mean, 0.0);
  }
  return pooled;
}

}  // namespace parsae::inline PARSAE_ABI
