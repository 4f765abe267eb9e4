// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/description_length.hpp>

#include <cmath>
#include <cstdint>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// Bits a sample of quantized codes in a StaticCode.
struct StaticCodeLength {
  double bits_presence = 0;       ///< sum_j of the cross entropy of latent j's presence
  double bits_value = 0;          ///< sum_j P(j active) times the cross entropy of its bins
  Buffer<double> bits_of_latent;  ///< n_latents; they add up to bits_total()

  [[nodiscard]] double bits_total() const { return bits_presence + bits_value; }
};

/// A code of quantized codes whose probabilities come from training samples and stay as they are: what other samples
/// cost in it is a price that has seen none of them.
///
///     P(active)       = (active + a) / (samples + 2 a)                 a = Settings::presence
///     P(bin | active) = (count of bin + b) / (active + b n_bins)       b = Settings::value
///
/// 1/2 is the estimator of Krichevsky and Trofimov, 1 that of Laplace; a and b above 0 keep every cost finite. The
/// quantizer is part of the code: it takes its ranges from training samples, too, and larger values cost their last
/// bin.
///
/// On the samples that it was made from, with a = b = 0, the code costs their entropy (DescriptionLength); on others
/// their entropy plus the Kullback-Leibler divergence from the code's probabilities to theirs.
class StaticCode {
 public:
  struct Settings {
    double presence = 0.5;  ///< >= 0: pseudo-count of active and of inactive
    double value = 0.5;     ///< >= 0: pseudo-count of each bin
  };

  /// \param training  copied; at least one sample
  StaticCode(const CodeCounts& training, const Settings& settings) : training_(training), settings_(settings) {
    require_at_least("StaticCode samples", training.n_samples(), Index{1});
    require_not_negative("StaticCode presence", settings.presence);
    require_not_negative("StaticCode value", settings.value);
  }

  [[nodiscard]] const CodeQuantizer& quantizer() const { return training_.quantizer(); }

  [[nodiscard]] double presence_probability(Index latent) const {
    return (static_cast<double>(training_.active(latent)) + settings_.presence) /
           (static_cast<double>(training_.n_samples()) + 2 * settings_.presence);
  }

  /// 1 / n_bins for a latent that training never saw active, without pseudo-counts.
  [[nodiscard]] double bin_probability(Index latent, Index bin) const {
    const double n_bins = static_cast<double>(training_.n_bins());
    const double total = static_cast<double>(training_.active(latent)) + settings_.value * n_bins;
    if (total == 0) return 1 / n_bins;
    return (static_cast<double>(training_.bins(latent)[bin]) + settings_.value) / total;
  }

  /// Bits a sample of other samples, counted with quantizer(). Infinite where something happens that has probability 0.
  /// Throws std::invalid_argument for counts of another shape, or of no sample.
  [[nodiscard]] StaticCodeLength length(const CodeCounts& test) const {
    if (test.n_latents() != training_.n_latents())
      reject("StaticCode n_latents", of(training_.n_latents()), test.n_latents());
    if (test.n_bins() != training_.n_bins()) reject("StaticCode n_bins", of(training_.n_bins()), test.n_bins());
    require_at_least("StaticCode test samples", test.n_samples(), Index{1});
    const double samples = static_cast<double>(test.n_samples());
    StaticCodeLength length;
    length.bits_of_latent.assign(test.n_latents(), 0.0);
    for (Index j = 0; j < test.n_latents(); ++j) {
      const double probability = presence_probability(j);
      const double presence =
          bits_of(test.active(j), probability) + bits_of(test.n_samples() - test.active(j), 1 - probability);
      double value = 0;
      for (Index bin = 0; bin < test.n_bins(); ++bin) value += bits_of(test.bins(j)[bin], bin_probability(j, bin));
      length.bits_presence += presence / samples;
      length.bits_value += value / samples;
      length.bits_of_latent[j] = (presence + value) / samples;
    }
    return length;
  }

 private:
  /// `count` events of this probability; none costs nothing, however improbable.
  [[nodiscard]] static double bits_of(std::int64_t count, double probability) {
    return count == 0 ? 0 : -static_cast<double>(count) * std::log2(probability);
  }

  [[nodiscard]] static std::string of(Index expected) { return std::to_string(expected) + " as in training"; }

  CodeCounts training_;
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
