// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "arm.hpp"

namespace parsae_experts {

/// Bits that name which n of n_units are switched: log2 of the number of such sets.
[[nodiscard]] inline double bits_to_name(Index n_units, Index n) {
  const auto log_factorial = [](Index m) { return std::lgamma(static_cast<double>(m) + 1); };
  return (log_factorial(n_units) - log_factorial(n) - log_factorial(n_units - n)) / std::log(2.0);
}

/// Which arms are asked for; an empty string or 0 asks for all.
struct ArmQuery {
  std::string unit = "";
  std::string stage2 = "";
  std::string policy = "";
  std::string arm = "";
  Index n = 0;
  std::uint64_t seed = 0;

  [[nodiscard]] bool matches(const Arm& arm_of) const {
    return (unit.empty() || unit == arm_of.unit) && (stage2.empty() || stage2 == arm_of.stage2) &&
           (policy.empty() || policy == arm_of.policy) && (arm.empty() || arm == arm_of.arm) &&
           (n == 0 || n == arm_of.n) && (seed == 0 || seed == arm_of.seed);
  }
};

[[nodiscard]] inline std::vector<Arm> arms_of(const Findings& findings, const ArmQuery& query) {
  std::vector<Arm> found;
  for (const Arm& arm : findings.arms)
    if (query.matches(arm)) found.push_back(arm);
  return found;
}

/// Mean, smallest and largest of a member over rows that know it.
struct Spread {
  double mean = unknown;
  double low = unknown;
  double high = unknown;
};

template <class Row>
[[nodiscard]] Spread spread_of(const std::vector<Row>& rows, double Row::*member) {
  Spread spread;
  double sum = 0;
  Index known = 0;
  for (const Row& row : rows) {
    const double value = row.*member;
    if (std::isnan(value)) continue;
    sum += value;
    ++known;
    spread.low = known == 1 ? value : std::min(spread.low, value);
    spread.high = known == 1 ? value : std::max(spread.high, value);
  }
  if (known > 0) spread.mean = sum / static_cast<double>(known);
  return spread;
}

/// The n of a ladder at which the mean over seeds first cuts refusals by `share` at a loss of neutral accuracy of at
/// most `loss`; 0: at none.
[[nodiscard]] inline Index fewest_units(const Findings& findings, const ArmQuery& query, double share, double loss) {
  std::set<Index> counts;
  for (const Arm& arm : arms_of(findings, query)) counts.insert(arm.n);
  std::vector<Baseline> baseline;
  for (const Baseline& row : findings.baseline)
    if (row.stage2 == query.stage2) baseline.push_back(row);
  const double before = spread_of(baseline, &Baseline::neutral_accuracy).mean;
  for (const Index n : counts) {
    ArmQuery at = query;
    at.n = n;
    const std::vector<Arm> arms = arms_of(findings, at);
    if (spread_of(arms, &Arm::relative_reduction).mean >= share &&
        before - spread_of(arms, &Arm::neutral_accuracy).mean <= loss)
      return n;
  }
  return 0;
}

/// Whether the targeted experts of one seed carry the refusal: switched off, they cut refusals by 40 % or more, at a
/// loss of neutral accuracy of a point or less, and by more than any of the draws of either control.
struct SeedVerdict {
  std::uint64_t seed = 0;
  double reduction = unknown;
  double neutral_loss = unknown;  ///< against the same network with nothing switched
  double best_random = unknown;   ///< the largest reduction of a random draw
  double best_matched = unknown;  ///< the largest reduction of a usage-matched draw
  bool holds = false;
};

[[nodiscard]] inline std::vector<SeedVerdict> seed_verdicts(const Findings& findings, const std::string& stage2,
                                                            Index n) {
  std::vector<SeedVerdict> verdicts;
  for (const Baseline& baseline : findings.baseline) {
    if (baseline.stage2 != stage2) continue;
    SeedVerdict verdict;
    verdict.seed = baseline.seed;
    for (const Arm& arm : arms_of(findings, {"expert", stage2, "zero_weight", "", n, baseline.seed})) {
      if (arm.arm == "targeted") verdict.reduction = arm.relative_reduction;
      if (arm.arm == "targeted") verdict.neutral_loss = baseline.neutral_accuracy - arm.neutral_accuracy;
      if (arm.arm == "random") verdict.best_random = arm.ci_high;
      if (arm.arm == "usage_matched") verdict.best_matched = arm.ci_high;
    }
    // 1e-9: one point exactly is a point, whatever the last bit of a difference of rates.
    verdict.holds = verdict.reduction >= 0.4 && verdict.neutral_loss <= 0.01 + 1e-9 &&
                    verdict.reduction > verdict.best_random && verdict.reduction > verdict.best_matched;
    verdicts.push_back(verdict);
  }
  return verdicts;
}

}  // namespace parsae_experts
