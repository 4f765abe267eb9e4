// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace parsae_examples {

using parsae::Index;

/// One SAE at one reconstruction bound. Bits are per image; l0, fvu and dead_fraction are those of the SAE before its
/// values are quantized, on test images.
struct GridRow {
  Index width = 0;  ///< n_latents
  Index k = 0;
  std::uint64_t seed = 0;
  double l0 = 0;
  double fvu = 0;
  double dead_fraction = 0;
  double eps = 0;  ///< bound on the FVU after quantization
  double bits_codes = 0;
  double bits_codes_only = 0;  ///< the fewest that codes alone can need, with the dictionary that serves them best
  double bits_dictionary = 0;
  double bits_total = 0;    ///< dictionary + codes
  int code_bins = 0;        ///< levels of a code's value
  int dictionary_bits = 0;  ///< bits of one quantized dictionary weight before entropy coding
  bool feasible = false;    ///< if not, no quantizer meets eps and the bits mean nothing
};

/// What is counted: dictionary + codes, or the codes alone (the limit of endless data, where a dictionary costs
/// nothing).
enum class Message { DictionaryAndCodes, CodesOnly };

[[nodiscard]] inline double bits_of(const GridRow& row, Message message) {
  return message == Message::CodesOnly ? row.bits_codes_only : row.bits_total;
}

[[nodiscard]] inline bool same_eps(double a, double b) { return std::abs(a - b) < 1e-9; }

/// The fewest bits at one k: the mean over seeds of the best feasible width of each.
struct EnvelopePoint {
  Index k = 0;
  Index width = 0;         ///< most often best among the seeds; of several, the smallest
  std::uint64_t seed = 0;  ///< the first at which that width is best
  double l0 = 0;           ///< mean over seeds, of the best widths
  double bits = 0;
  double spread = 0;  ///< largest minus smallest over seeds
};

namespace detail {

[[nodiscard]] inline Index most_frequent(const std::map<std::uint64_t, const GridRow*>& best_by_seed) {
  std::map<Index, int> votes;
  for (const auto& entry : best_by_seed) ++votes[entry.second->width];
  // Ascending widths and a strict comparison: of several, the smallest.
  Index winner = 0;
  for (const auto& vote : votes)
    if (winner == 0 || vote.second > votes[winner]) winner = vote.first;
  return winner;
}

}  // namespace detail

/// The lower envelope of the grid at `eps`, one point for every k that some width makes feasible in every seed,
/// ascending k. Rows of other eps are passed over; infeasible and missing rows count the same.
[[nodiscard]] inline std::vector<EnvelopePoint> lower_envelope(const std::vector<GridRow>& grid, double eps,
                                                               Message message) {
  std::map<std::uint64_t, int> seeds;
  std::map<Index, std::map<std::uint64_t, const GridRow*>> best;  // k, seed
  for (const GridRow& row : grid) {
    if (!same_eps(row.eps, eps)) continue;
    ++seeds[row.seed];
    if (!row.feasible) continue;
    const GridRow*& held = best[row.k][row.seed];
    const bool is_better = held == nullptr || bits_of(row, message) < bits_of(*held, message) ||
                           (bits_of(row, message) == bits_of(*held, message) && row.width < held->width);
    if (is_better) held = &row;
  }
  std::vector<EnvelopePoint> points;
  for (const auto& [k, by_seed] : best) {
    if (by_seed.size() < seeds.size()) continue;
    EnvelopePoint point;
    point.k = k;
    point.width = detail::most_frequent(by_seed);
    for (const auto& [seed, row] : by_seed)
      if (point.seed == 0 && row->width == point.width) point.seed = seed;
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const auto& entry : by_seed) {
      const double bits = bits_of(*entry.second, message);
      point.bits += bits / static_cast<double>(by_seed.size());
      point.l0 += entry.second->l0 / static_cast<double>(by_seed.size());
      low = std::min(low, bits);
      high = std::max(high, bits);
    }
    point.spread = high - low;
    points.push_back(point);
  }
  return points;
}

}  // namespace parsae_examples
