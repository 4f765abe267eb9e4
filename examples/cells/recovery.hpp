// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/redundant_latents.hpp>
#include <parsae/analysis/strongest_correlations.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_examples::cells {

using parsae::Matrix;

/// Hidden variables that a page speaks of together, such as the three factors: consecutive rows of a matrix.
struct VariableGroup {
  std::string name;
  Index first = 0;
  Index count = 0;
};

/// What one SAE's codes say of the hidden variables.
struct RecoveryMeasures {
  parsae::StrongestCorrelations pearson;
  parsae::StrongestCorrelations spearman;
  parsae::RedundantLatents redundancy;
};

/// \param codes      n_latents x n, with their zeros
/// \param variables  n_variables x n
[[nodiscard]] inline RecoveryMeasures measure_recovery(const Matrix<float>& codes, const Matrix<float>& variables,
                                                       parsae::Threads threads) {
  return {parsae::strongest_correlations(codes, variables, {.threads = threads}),
          parsae::strongest_correlations(codes, variables, {.kind = parsae::Similarity::Spearman, .threads = threads}),
          parsae::redundant_latents(codes, {.threads = threads})};
}

/// measure_at(seed) for every seed from 0 to n_seeds - 1, side by side, each on one thread: at this size a step is too
/// short to share. What one of them throws is thrown again when all are over.
template <class MeasureAt>
[[nodiscard]] std::vector<RecoveryMeasures> measure_seeds(std::size_t n_seeds, parsae::Threads threads,
                                                          const MeasureAt& measure_at) {
  std::vector<RecoveryMeasures> measures(n_seeds);
  std::vector<std::exception_ptr> failures(n_seeds);
  threads.for_each(static_cast<parsae::Index>(n_seeds), [&](parsae::Index task, int) {
    const auto at = static_cast<std::size_t>(task);
    try {
      measures[at] = measure_at(at);
    } catch (...) {  // no exception may leave a parallel loop
      failures[at] = std::current_exception();
    }
  });
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return measures;
}

/// One row for each group, over the SAEs of several seeds. What no latent can follow counts as 0: an SAE whose latents
/// are all dead has recovered nothing.
/// \param row  says which SAE: simulation, type, width, setting
[[nodiscard]] inline std::vector<RecoveryRow> recovery_rows(const RecoveryRow& row,
                                                            const std::vector<VariableGroup>& groups,
                                                            const std::vector<RecoveryMeasures>& seeds) {
  std::vector<RecoveryRow> rows;
  const double share = 1 / static_cast<double>(std::max<std::size_t>(seeds.size(), 1));
  for (const VariableGroup& group : groups) {
    RecoveryRow found = row;
    found.variable = group.name;
    found.n_seeds = static_cast<Index>(seeds.size());
    double low = 2;
    double high = -1;
    for (const RecoveryMeasures& seed : seeds) {
      double mean = 0;
      double largest = 0;
      for (Index v = group.first; v < group.first + group.count; ++v) {
        const auto size = [](double correlation) { return std::isnan(correlation) ? 0 : std::abs(correlation); };
        const double part = share / static_cast<double>(group.count);
        mean += size(seed.pearson.strongest(v)) / static_cast<double>(group.count);
        largest = std::max(largest, size(seed.pearson.strongest(v)));
        found.mean_max_spearman += part * size(seed.spearman.strongest(v));
        found.n_above_95 += part * static_cast<double>(seed.pearson.n_above[v]);
      }
      found.mean_max_corr += share * mean;
      found.max_corr += share * largest;
      found.dead_fraction += share * seed.redundancy.dead_fraction();
      found.redundant_fraction += share * seed.redundancy.redundant_fraction();
      low = std::min(low, mean);
      high = std::max(high, mean);
    }
    found.lowest = seeds.empty() ? 0 : low;
    found.highest = seeds.empty() ? 0 : high;
    // What is never zero can be neither dead nor active.
    if (row.type == "random_direction" || row.type == "autoencoder")
      found.dead_fraction = found.redundant_fraction = unknown;
    rows.push_back(found);
  }
  return rows;
}

}  // namespace parsae_examples::cells
