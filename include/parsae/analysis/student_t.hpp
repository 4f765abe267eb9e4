// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/incomplete_beta.hpp>
#include <parsae/analysis/normal_tail.hpp>

namespace parsae::inline PARSAE_ABI {

/// log P(|T| >= |t|) of Student's t: log I_x(dof / 2, 1/2) at x = dof / (dof + t^2). Right in extreme tails, where the
/// probability itself vanishes.
/// \param t    any; infinite: the log of 0
/// \param dof  degrees of freedom, above 0; infinite: a normal tail
[[nodiscard]] inline double log_student_t_two_sided(double t, double dof) {
  if (!(dof > 0)) reject("log_student_t_two_sided dof", "above 0", dof);
  if (std::isnan(t)) reject("log_student_t_two_sided t", "a number", t);
  if (std::isinf(t)) return -std::numeric_limits<double>::infinity();
  if (std::isinf(dof)) return log_normal_two_sided(t);
  // Beyond 1e150 squares overflow: such a t gets the bound of a smaller one.
  const double ratio = std::min(std::abs(t) / std::sqrt(dof), 1e150);
  const double square = ratio * ratio;
  return log_incomplete_beta(dof / 2, 0.5, 1 / (1 + square), square / (1 + square));
}

/// P(|T| >= |t|).
[[nodiscard]] inline double student_t_two_sided(double t, double dof) {
  return std::exp(log_student_t_two_sided(t, dof));
}

}  // namespace parsae::inline PARSAE_ABI
