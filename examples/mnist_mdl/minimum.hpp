// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "grid.hpp"

namespace parsae_examples {

/// Where one message is shortest along the lower envelope, and whether that lies inside the range of k.
struct EnvelopeMinimum {
  bool found = false;           ///< false: no k is feasible, and the rest means nothing
  bool interior = false;        ///< k strictly between the ends, and margin_bits > seed_spread_bits
  double margin_bits = 0;       ///< the better end less the minimum, never below 0; 0 when the minimum is an end
  double seed_spread_bits = 0;  ///< the largest range over seeds at the minimum and the two ends
  EnvelopePoint best;           ///< of equal minima, the sparsest
  EnvelopePoint sparsest;       ///< smallest feasible k
  EnvelopePoint densest;        ///< largest feasible k
};

[[nodiscard]] inline EnvelopeMinimum find_envelope_minimum(const std::vector<EnvelopePoint>& envelope) {
  EnvelopeMinimum result;
  if (envelope.empty()) return result;
  result.found = true;
  result.best = *std::min_element(envelope.begin(), envelope.end(),
                                  [](const EnvelopePoint& a, const EnvelopePoint& b) { return a.bits < b.bits; });
  result.sparsest = envelope.front();
  result.densest = envelope.back();
  result.margin_bits = std::min(result.sparsest.bits, result.densest.bits) - result.best.bits;
  result.seed_spread_bits = std::max({result.best.spread, result.sparsest.spread, result.densest.spread});
  const bool is_between = result.best.k > result.sparsest.k && result.best.k < result.densest.k;
  result.interior = is_between && result.margin_bits > result.seed_spread_bits;
  return result;
}

/// The answer at one bound: which SAE has the shortest message, and is it neither the sparsest nor the densest?
struct Minimum {
  double eps = 0;
  bool feasible = false;  ///< false: no k meets eps in every seed; the numbers below are NaN or 0
  bool interior = false;  ///< of dictionary + codes
  double margin_bits = std::numeric_limits<double>::quiet_NaN();
  double seed_spread_bits = std::numeric_limits<double>::quiet_NaN();
  Index width = 0;
  Index k = 0;
  double bits_total = std::numeric_limits<double>::quiet_NaN();  ///< mean over seeds, bits an image
  bool codes_only_interior = false;
  Index n_seeds = 0;
  EnvelopeMinimum total;  ///< dictionary + codes, with its ends
  EnvelopeMinimum codes_only;
};

[[nodiscard]] inline Minimum find_minimum(const std::vector<GridRow>& grid, double eps) {
  Minimum minimum;
  minimum.eps = eps;
  std::set<std::uint64_t> seeds;
  for (const GridRow& row : grid)
    if (same_eps(row.eps, eps)) seeds.insert(row.seed);
  minimum.n_seeds = static_cast<Index>(seeds.size());
  minimum.total = find_envelope_minimum(lower_envelope(grid, eps, Message::DictionaryAndCodes));
  minimum.codes_only = find_envelope_minimum(lower_envelope(grid, eps, Message::CodesOnly));
  minimum.codes_only_interior = minimum.codes_only.interior;
  minimum.feasible = minimum.total.found;
  if (!minimum.feasible) return minimum;
  minimum.interior = minimum.total.interior;
  minimum.margin_bits = minimum.total.margin_bits;
  minimum.seed_spread_bits = minimum.total.seed_spread_bits;
  minimum.width = minimum.total.best.width;
  minimum.k = minimum.total.best.k;
  minimum.bits_total = minimum.total.best.bits;
  return minimum;
}

namespace detail {

[[nodiscard]] inline std::string spread_text(const EnvelopeMinimum& found, Index n_seeds) {
  return n_seeds > 1 ? "seed spread " + fixed_text(found.seed_spread_bits, 1) : "one seed, spread unknown";
}

[[nodiscard]] inline std::string sae_text(const EnvelopePoint& point) {
  return "k = " + std::to_string(point.k) + ", width " + std::to_string(point.width);
}

[[nodiscard]] inline std::string total_text(const EnvelopeMinimum& found, Index n_seeds) {
  const std::string where = sae_text(found.best) + ": " + fixed_text(found.best.bits, 1) + " bits an image";
  const std::string margin = fixed_text(found.margin_bits, 1) + " bits below the better end";
  if (found.interior)
    return "interior minimum of dictionary + codes at " + where + ", " + margin + " (" + spread_text(found, n_seeds) +
           ")";
  if (found.sparsest.k == found.densest.k)
    return "a single k is feasible, so dictionary + codes have no interior minimum; " + where;
  if (found.best.k == found.sparsest.k)
    return "no interior minimum of dictionary + codes: the sparsest feasible SAE wins at " + where;
  if (found.best.k == found.densest.k)
    return "no interior minimum of dictionary + codes: the densest feasible SAE wins at " + where;
  return "no clear interior minimum of dictionary + codes: the lowest, " + where + ", is only " + margin + " (" +
         spread_text(found, n_seeds) + ")";
}

[[nodiscard]] inline std::string codes_text(const EnvelopeMinimum& found, Index n_seeds) {
  const std::string bits = fixed_text(found.best.bits, 1) + " bits";
  const std::string k = "(k = " + std::to_string(found.best.k) + ")";
  if (found.interior)
    return "codes alone: interior minimum too, at " + sae_text(found.best) + " with " + bits + ", " +
           fixed_text(found.margin_bits, 1) + " bits below the better end (" + spread_text(found, n_seeds) + ")";
  if (found.sparsest.k == found.densest.k) return "codes alone: " + bits + " " + k;
  if (found.best.k == found.sparsest.k)
    return "codes alone: no interior minimum, the sparsest feasible SAE " + k + " wins with " + bits;
  if (found.best.k == found.densest.k)
    return "codes alone: no interior minimum, the densest feasible SAE " + k + " wins with " + bits;
  return "codes alone: no clear interior minimum, the lowest " + k + " has " + bits + ", only " +
         fixed_text(found.margin_bits, 1) + " below the better end (" + spread_text(found, n_seeds) + ")";
}

}  // namespace detail

/// One line a reader can quote: "eps 0.40: interior minimum of dictionary + codes at k = 8, width 128: 48.1 bits an
/// image, 12.3 bits below the better end (seed spread 0.9); codes alone: no interior minimum, the sparsest ..."
[[nodiscard]] inline std::string sentence(const Minimum& minimum) {
  const std::string start = "eps " + eps_text(minimum.eps) + ": ";
  if (!minimum.feasible) return start + "no k meets this bound in every seed, so there is no minimum";
  return start + detail::total_text(minimum.total, minimum.n_seeds) + "; " +
         detail::codes_text(minimum.codes_only, minimum.n_seeds);
}

}  // namespace parsae_examples
