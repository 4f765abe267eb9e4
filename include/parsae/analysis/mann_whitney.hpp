// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/midranks.hpp>
#include <parsae/analysis/normal_tail.hpp>
#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// The test of Mann and Whitney: are the values of some members larger or smaller than those of all others?
///
///     U = pairs (member, other) with the larger value at the member, ties one half
///     z = (U - m k / 2 moved by 1/2 towards 0) / sqrt(m k / 12 (N + 1 - tie_sum / (N (N - 1))))
///
/// for m members, k others and N = m + k: the normal approximation, corrected for ties and for continuity. Without
/// members or without others, or where all values are equal, z is 0.
struct MannWhitney {
  double u = 0;
  double z = 0;      ///< above 0: members are larger
  double log_p = 0;  ///< two-sided

  /// \param ranked   of the values of all N
  /// \param members  places among them, each once
  MannWhitney(const Midranks& ranked, Slice<const Index> members) {
    const double n = static_cast<double>(ranked.ranks.size());
    const double n_members = static_cast<double>(members.size());
    const double n_others = n - n_members;
    require_not_negative("MannWhitney others", n_others);
    double rank_sum = 0;
    for (const Index member : members) {
      require_between("MannWhitney member", member, Index{0}, ranked.ranks.size() - 1);
      rank_sum += ranked.ranks[member];
    }
    u = rank_sum - n_members * (n_members + 1) / 2;
    if (n_members == 0 || n_others == 0) return;
    const double variance = n_members * n_others / 12 * (n + 1 - ranked.tie_sum / (n * (n - 1)));
    const double distance = u - n_members * n_others / 2;
    if (!(variance > 0) || std::abs(distance) <= 0.5) return;
    z = (distance - std::copysign(0.5, distance)) / std::sqrt(variance);
    log_p = log_normal_two_sided(z);
  }
};

}  // namespace parsae::inline PARSAE_ABI
