// SPDX-License-Identifier: MIT
#pragma once

#include <support/chart_axis.hpp>
#include <support/markup.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_benchmarks {

/// The rows of one target that may be compared, least FVU first: L0 met, nothing diverged.
[[nodiscard]] inline std::vector<const Row*> ranking(const std::vector<Row>& rows, double target_l0) {
  std::vector<const Row*> found;
  for (const Row& row : rows)
    if (row.target_l0 == target_l0 && row.is_on_target() && std::isfinite(row.fvu())) found.push_back(&row);
  std::stable_sort(found.begin(), found.end(), [](const Row* a, const Row* b) { return a->fvu() < b->fvu(); });
  return found;
}

[[nodiscard]] inline std::vector<double> targets_of(const std::vector<Row>& rows) {
  std::set<double> targets;
  for (const Row& row : rows) targets.insert(row.target_l0);
  return {targets.begin(), targets.end()};
}

/// Whether the difference of two rows is smaller than twice its standard error over seeds; false with a single seed,
/// where that error is not known.
[[nodiscard]] inline bool is_within_spread(const Row& a, const Row& b) {
  const SeedSpread one = a.spread(&Measured::fvu);
  const SeedSpread two = b.spread(&Measured::fvu);
  if (!std::isfinite(one.deviation) || !std::isfinite(two.deviation)) return false;
  const double error = std::sqrt(one.deviation * one.deviation / static_cast<double>(a.seeds.size()) +
                                 two.deviation * two.deviation / static_cast<double>(b.seeds.size()));
  return std::abs(one.mean - two.mean) < 2 * error;
}

/// "0.0593": three digits that count, for values below 1.
[[nodiscard]] inline std::string fvu_text(double fvu) { return parsae_examples::fixed_text(fvu, fvu < 0.1 ? 4 : 3); }

/// One sentence for one target: the rule with the least FVU, and the ones that nobody can tell from it.
[[nodiscard]] inline std::string verdict(const std::vector<Row>& rows, double target_l0) {
  using parsae_examples::ChartAxis;
  const std::string where = "At L0 " + ChartAxis::label(target_l0) + ", ";
  const std::vector<const Row*> order = ranking(rows, target_l0);
  if (order.empty()) return where + "no rule met the target.";
  const Row& best = *order.front();
  std::string text = where + best.rule + " leaves the least variance unexplained: FVU " + fvu_text(best.fvu());
  if (order.size() < 2) return text + ".";
  std::string ties;
  std::size_t next = 1;
  for (; next < order.size() && is_within_spread(best, *order[next]); ++next)
    ties += (ties.empty() ? "" : ", ") + order[next]->rule + " " + fvu_text(order[next]->fvu());
  if (!ties.empty()) text += "; not to be told from it over these seeds: " + ties;
  if (next < order.size()) text += "; then " + order[next]->rule + " " + fvu_text(order[next]->fvu());
  return text + (best.seeds.size() < 2 ? ". A single seed: its spread is not known." : ".");
}

/// The target that leads the page: the middle one.
[[nodiscard]] inline double leading_target(const std::vector<Row>& rows) {
  const std::vector<double> targets = targets_of(rows);
  return targets[(targets.size() - 1) / 2];
}

}  // namespace parsae_benchmarks
