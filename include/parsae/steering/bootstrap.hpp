// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// NaN where nothing is known.
struct ConfidenceInterval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// Percentile intervals of the bootstrap (Efron, "Bootstrap methods: another look at the jackknife", Annals of
/// Statistics 1979): the statistic of `n_resamples` samples of the same size, drawn with replacement, and the values
/// that leave (1 - level) / 2 of them on either side. The same for the same seed.
class Bootstrap {
 public:
  struct Settings {
    double level = 0.95;       ///< above 0 and below 1
    Index n_resamples = 1000;  ///< 10 to 1e6
    std::uint64_t seed = 1;
  };

  Bootstrap() : Bootstrap(Settings()) {}
  explicit Bootstrap(const Settings& settings) : settings_(settings) {
    if (!(settings.level > 0 && settings.level < 1))
      reject("Bootstrap level", "a value between 0 and 1", settings.level);
    require_between("Bootstrap n_resamples", settings.n_resamples, Index{10}, Index{1'000'000});
  }

  /// \param n_samples  >= 0; without samples nothing is known
  /// \param statistic  statistic(Slice<const Index> drawn): of the samples with these numbers, each as often as it is
  ///                   there; resamples for which it is NaN, such as a share of nothing, are left out
  template <class Statistic>
  [[nodiscard]] ConfidenceInterval interval(Index n_samples, const Statistic& statistic) const {
    require_at_least("Bootstrap n_samples", n_samples, Index{0});
    if (n_samples == 0) return {};
    Buffer<Index> drawn(n_samples);
    Buffer<double> values;
    for (Index r = 0; r < settings_.n_resamples; ++r) {
      const Random numbers(settings_.seed, Draws::Resampling, static_cast<std::uint64_t>(r));
      for (Index i = 0; i < n_samples; ++i)
        drawn[i] =
            static_cast<Index>(numbers.below(static_cast<std::uint64_t>(n_samples), static_cast<std::uint64_t>(i)));
      const double value = statistic(Slice<const Index>(drawn.slice()));
      if (!std::isnan(value)) values.push_back(value);
    }
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const double tail = (1 - settings_.level) / 2 * static_cast<double>(values.size() - 1);
    const Index below = static_cast<Index>(std::floor(tail));
    return {values[below], values[values.size() - 1 - below]};
  }

  /// Of a mean.
  [[nodiscard]] ConfidenceInterval of_mean(Slice<const double> values) const {
    return interval(values.size(), [values](Slice<const Index> drawn) {
      double sum = 0;
      for (const Index i : drawn) sum += values[i];
      return sum / static_cast<double>(drawn.size());
    });
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI
