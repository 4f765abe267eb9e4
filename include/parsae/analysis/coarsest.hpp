// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <optional>

namespace parsae::inline PARSAE_ABI {

/// The smallest level in [low, high] that is feasible, by bisection: about log2(high - low) calls. `feasible(level)`
/// should turn from false to true once; where it does so more often (a distortion is not quite monotone in the number
/// of bins) the answer is feasible, and the level below it was tried and is not. Nothing when `high` itself is not
/// feasible.
template <class Feasible>
[[nodiscard]] std::optional<Index> coarsest_feasible(Index low, Index high, const Feasible& feasible) {
  require_at_least("coarsest_feasible high", high, low);
  if (!feasible(high)) return std::nullopt;
  if (feasible(low)) return low;
  while (high - low > 1) {
    const Index middle = low + (high - low) / 2;
    (feasible(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace parsae::inline PARSAE_ABI
