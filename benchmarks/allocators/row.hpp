// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "rule.hpp"

namespace parsae_benchmarks {

/// Mean and standard deviation (n - 1 in the denominator) over seeds; NaN where they are not known.
struct SeedSpread {
  double mean = unknown;
  double deviation = unknown;
};

[[nodiscard]] inline SeedSpread spread_over_seeds(const std::vector<double>& values) {
  if (values.empty()) return {};
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  SeedSpread spread{sum / n, unknown};
  if (values.size() < 2) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (n - 1));
  return spread;
}

/// The relative error of L0 from which on a code is off its target.
inline constexpr double off_target = 0.05;

/// One rule at one target L0.
struct Row {
  std::string data;
  std::string rule;
  double target_l0 = 0;
  double coefficient = unknown;  ///< the first seed's, where the rule has one
  double learning_rate = 0;
  bool is_bracketed = false;             ///< worse rates were tried on both sides
  std::map<double, double> tried_rates;  ///< rate to the first seed's validation FVU; infinity: diverged or off target
  std::vector<Measured> seeds;

  [[nodiscard]] SeedSpread spread(double Measured::*figure) const {
    std::vector<double> values;
    for (const Measured& seed : seeds) values.push_back(seed.*figure);
    return spread_over_seeds(values);
  }
  [[nodiscard]] double mean(double Measured::*figure) const { return spread(figure).mean; }

  /// NaN where the data's dictionary is not known.
  [[nodiscard]] double mean(double parsae::DictionaryRecovery::*figure) const {
    std::vector<double> values;
    for (const Measured& seed : seeds) values.push_back(seed.recovery ? *seed.recovery.*figure : unknown);
    return spread_over_seeds(values).mean;
  }

  [[nodiscard]] double fvu() const { return mean(&Measured::fvu); }
  [[nodiscard]] double l0() const { return mean(&Measured::l0); }

  /// Reached the target: rows that are off compare unlike with unlike.
  [[nodiscard]] bool is_on_target() const { return std::abs(l0() / target_l0 - 1) <= off_target; }
};

/// The row's FVU over that of Mutual Choice at the same target; NaN where that is not among `rows` or one of the two is
/// off its target.
[[nodiscard]] inline double over_mutual_choice(const Row& row, const std::vector<Row>& rows) {
  for (const Row& other : rows)
    if (other.rule == "mutual_choice" && other.target_l0 == row.target_l0)
      return row.is_on_target() && other.is_on_target() ? row.fvu() / other.fvu() : unknown;
  return unknown;
}

}  // namespace parsae_benchmarks
