// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <limits>
#include <optional>
#include <utility>

namespace parsae_examples {

using parsae::Index;

/// A search for the number of latents with the shortest message, without a grid: widths double from the first until the
/// total rises.
///
/// The dictionary's share of the message doubles from rung to rung; what more latents save in the codes shrinks. So
/// the total falls and then rises, and the first rise is the end. The answer is within a factor of two of the best
/// width, where the total is flat: a dictionary that is a small share of the message may double without much harm.
struct WidthLadder {
  Index first = 16;
  Index most = 2048;

  /// The rung with the fewest bits, or nothing when none met the bound or `go_on` said no before one did.
  /// \param climb  Rung climb(width): trains; a Rung has `bits`, infinite where the bound is not met
  /// \param go_on  go_on(width), asked before every rung
  template <class Climb, class GoOn>
  [[nodiscard]] auto best(const Climb& climb, const GoOn& go_on) const {
    using Rung = decltype(climb(Index{}));
    std::optional<Rung> best;
    for (Index width = first; width <= most && go_on(width); width *= 2) {
      Rung rung = climb(width);
      const bool is_met = rung.bits < std::numeric_limits<double>::infinity();
      if (best && !(rung.bits < best->bits)) break;
      if (is_met) best = std::move(rung);
    }
    return best;
  }
};

}  // namespace parsae_examples
