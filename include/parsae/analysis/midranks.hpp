// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

#include <algorithm>
#include <numeric>

namespace parsae::inline PARSAE_ABI {

/// Ranks from 1 (the smallest value) to n; equal values share the mean of the ranks that they fill.
struct Midranks {
  Buffer<double> ranks;
  double tie_sum = 0;  ///< sum over groups of g equal values of g^3 - g: what ties take from the variance of ranks
};

/// \param values  without NaN
[[nodiscard]] inline Midranks midranks(Slice<const double> values) {
  Buffer<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return values[a] < values[b]; });
  Midranks result;
  result.ranks.resize(values.size());
  for (Index first = 0; first < order.size();) {
    Index end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (Index i = first; i < end; ++i) result.ranks[order[i]] = 0.5 * static_cast<double>(first + 1 + end);
    const double group = static_cast<double>(end - first);
    result.tie_sum += group * (group * group - 1);
    first = end;
  }
  return result;
}

}  // namespace parsae::inline PARSAE_ABI
