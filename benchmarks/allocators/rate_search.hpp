// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <vector>

namespace parsae_benchmarks {

/// The best learning rate on a geometric grid: first the given rates, then one step beyond either end for as long as
/// the best one lies there. It is bracketed when a worse rate was tried on both sides of it.
class RateSearch {
 public:
  struct Settings {
    std::vector<double> rates{};  ///< where to begin, at least one, each above 0
    double step = 2;              ///< above 1
    double lowest = 1e-6;         ///< no step goes beyond these
    double highest = 1;
  };

  explicit RateSearch(const Settings& settings) : settings_(settings) {
    if (settings.rates.empty()) parsae::reject("RateSearch rates", "at least one", "none");
    for (const double rate : settings.rates) parsae::require_positive("RateSearch rates", rate);
    if (!(settings.step > 1)) parsae::reject("RateSearch step", "a factor above 1", settings.step);
    std::sort(settings_.rates.begin(), settings_.rates.end());
  }

  /// The rate to try next; nothing when the search is over. Stays the same until it is added.
  [[nodiscard]] std::optional<double> next() const {
    for (const double rate : settings_.rates)
      if (tried_.count(rate) == 0) return rate;
    const auto best = best_place();
    if (best == tried_.begin() && best->first / settings_.step >= settings_.lowest) return best->first / settings_.step;
    if (best == std::prev(tried_.end()) && best->first * settings_.step <= settings_.highest)
      return best->first * settings_.step;
    return std::nullopt;
  }

  /// \param loss  what is minimized; NaN (a run that diverged) is worse than everything
  void add(double rate, double loss) {
    tried_[rate] = std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
  }

  /// After at least one add(). Among equals the lowest rate.
  [[nodiscard]] double best() const { return best_place()->first; }

  [[nodiscard]] bool is_bracketed() const {
    if (tried_.empty()) return false;
    const auto best = best_place();
    return std::isfinite(best->second) && best != tried_.begin() && best != std::prev(tried_.end());
  }

  /// Loss by rate.
  [[nodiscard]] const std::map<double, double>& tried() const { return tried_; }

 private:
  [[nodiscard]] std::map<double, double>::const_iterator best_place() const {
    return std::min_element(tried_.begin(), tried_.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; });
  }

  Settings settings_;
  std::map<double, double> tried_;
};

/// `center` with a step to either side: where a search begins.
[[nodiscard]] inline std::vector<double> rates_around(double center, double step) {
  return {center / step, center, center * step};
}

}  // namespace parsae_benchmarks
