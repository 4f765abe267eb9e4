// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace parsae::inline PARSAE_ABI {

/// P-values adjusted for the false discovery rate (Benjamini and Hochberg 1995), in logs: of m sorted ones, number i
/// (from 1) becomes the smallest p_j m / j over j >= i, at most 1. What is adjusted to at most q is a set of
/// discoveries of which a share of q is false on average, for independent tests.
/// \param log_p  logs of p-values, each at most 0
[[nodiscard]] inline Buffer<double> log_false_discovery_rates(Slice<const double> log_p) {
  for (const double value : log_p)
    if (!(value <= 0)) reject("log_false_discovery_rates log_p", "logs of at most 0", value);
  Buffer<Index> order(log_p.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return log_p[a] < log_p[b]; });
  Buffer<double> adjusted(log_p.size());
  const double log_count = std::log(static_cast<double>(log_p.size()));
  double smallest = 0;
  for (Index i = order.size() - 1; i >= 0; --i) {
    smallest = std::min(smallest, log_p[order[i]] + log_count - std::log(static_cast<double>(i + 1)));
    adjusted[order[i]] = smallest;
  }
  return adjusted;
}

}  // namespace parsae::inline PARSAE_ABI
