// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/student_t.hpp>

namespace parsae::inline PARSAE_ABI {

/// What a t-test needs to know of a group of numbers.
struct GroupMoments {
  Index n = 0;         ///< >= 2
  double mean = 0;     ///< finite
  double squares = 0;  ///< sum of squares about the mean, >= 0
};

/// Welch's t-test for the means of two groups, whose variances may differ: with a = s_1^2 / n_1, b = s_2^2 / n_2,
///
///     t = (mean_1 - mean_2) / sqrt(a + b),     dof = (a + b)^2 / (a^2 / (n_1 - 1) + b^2 / (n_2 - 1)).
///
/// Two groups without any spread have t = 0 where their means are equal and infinite t where they are not.
struct WelchTest {
  double t = 0;
  double dof = 1;
  double log_p = 0;  ///< two-sided

  WelchTest(const GroupMoments& first, const GroupMoments& second) {
    for (const GroupMoments& group : {first, second}) {
      require_at_least("WelchTest n", group.n, Index{2});
      require_not_negative("WelchTest squares", group.squares);
      if (!std::isfinite(group.mean)) reject("WelchTest mean", "a finite value", group.mean);
    }
    const double freedom1 = static_cast<double>(first.n - 1);
    const double freedom2 = static_cast<double>(second.n - 1);
    const double a = first.squares / freedom1 / static_cast<double>(first.n);
    const double b = second.squares / freedom2 / static_cast<double>(second.n);
    const double difference = first.mean - second.mean;
    if (a + b == 0) {
      dof = freedom1 + freedom2;
      t = difference == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
    } else {
      const double share = a / (a + b);
      dof = 1 / (share * share / freedom1 + (1 - share) * (1 - share) / freedom2);
      t = difference / std::sqrt(a + b);
    }
    log_p = log_student_t_two_sided(t, dof);
  }
};

}  // namespace parsae::inline PARSAE_ABI
