// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace parsae::inline PARSAE_ABI {

namespace detail {

/// log gamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2), z > 0: what Stirling's formula leaves out. It is small, so
/// that differences of log gamma at large z keep their digits.
[[nodiscard]] inline double stirling_rest(double z) {
  double rest = 0;
  for (; z < 16; z += 1) rest += (z + 0.5) * std::log1p(1 / z) - 1;
  const double w = 1 / (z * z);
  const double series =
      1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 - w * 691.0 / 360360))));
  return rest + series / z;
}

/// log(value / mean) - u with u = value / mean - 1, without cancellation near the mean or near 0.
[[nodiscard]] inline double log_ratio_rest(double value, double mean, double u) {
  if (std::abs(u) > 0.5) return std::log(value / mean) - u;
  // log(1 + u) = 2 (r + r^3 / 3 + r^5 / 5 + ...) with r = u / (2 + u), and 2 r - u = -u r.
  const double r = u / (2 + u);
  double sum = 0;
  double power = 1;
  for (int odd = 3; odd < 45; odd += 2) {
    sum += power / odd;
    power *= r * r;
  }
  return r * (2 * r * r * sum - u);
}

/// log(x^a y^b / B(a, b)), by the saddle point: exact where x is near a / (a + b), however large a and b are.
[[nodiscard]] inline double log_beta_power(double a, double b, double x, double y) {
  if (x == 0 || y == 0) return -std::numeric_limits<double>::infinity();
  const double mean_x = a / (a + b);
  const double mean_y = b / (a + b);
  // The deviation is taken from the smaller of x and y, which is known to more digits.
  const double step = x <= y ? x - mean_x : mean_y - y;
  return a * log_ratio_rest(x, mean_x, step / mean_x) + b * log_ratio_rest(y, mean_y, -step / mean_y) +
         0.5 * std::log(a / (a + b) * b / (2 * std::numbers::pi)) + stirling_rest(a + b) - stirling_rest(a) -
         stirling_rest(b);
}

/// The continued fraction of the incomplete beta function (Lentz's evaluation), quick for x < (a + 1) / (a + b + 2):
/// I_x(a, b) = x^a y^b / (a B(a, b)) times it.
[[nodiscard]] inline double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  // The number of terms grows with the square root of a and b.
  const double most = 1000 + 20 * std::sqrt(std::max(a, b));
  for (double m = 1; m < most; ++m) {
    double term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + term * d);
    c = away_from_zero(1 + term / c);
    fraction *= d * c;
    term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + term * d);
    c = away_from_zero(1 + term / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) <= std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

/// The same times y, by the continued fraction of Gauss for 2F1(1, 1 - b; a + 1; -x / y), b <= 1: no term is negative,
/// so that nothing cancels where x is near 1, as in the tails of Student's t with many degrees of freedom.
[[nodiscard]] inline double gauss_fraction(double a, double b, double x, double y) {
  const double ratio = x / y;
  double c = 1;
  double d = 0;
  double fraction = 1;
  const auto multiply = [&](double term) {
    d = 1 / (1 + term * d);
    c = 1 + term / c;
    fraction *= c * d;
  };
  for (double j = 0; j < 100'000; ++j) {
    multiply((1 - b + j) * (a + j) / ((a + 2 * j) * (a + 2 * j + 1)) * ratio);
    multiply((j + 1) * (a + b + j) / ((a + 2 * j + 1) * (a + 2 * j + 2)) * ratio);
    if (std::abs(c * d - 1) <= std::numeric_limits<double>::epsilon()) break;
  }
  return 1 / fraction;
}

}  // namespace detail

/// log I_x(a, b) of the regularized incomplete beta function, the probability that a Beta(a, b) number is at most x.
/// Good to 1e-11 of itself where a and b are at most 1e6, and where b = 1/2 for any a. Extreme tails neither vanish nor
/// overflow.
/// \param a, b  above 0, finite
/// \param x, y  0 to 1, y = 1 - x: the caller says both, since one of them may be too small for a difference
[[nodiscard]] inline double log_incomplete_beta(double a, double b, double x, double y) {
  require_positive("log_incomplete_beta a", a);
  require_positive("log_incomplete_beta b", b);
  require_between("log_incomplete_beta x", x, 0.0, 1.0);
  require_between("log_incomplete_beta y", y, 0.0, 1.0);
  if (std::abs(x + y - 1) > 1e-12) reject("log_incomplete_beta y", "1 - x", y);
  if (y == 0) return 0;
  const double power = detail::log_beta_power(a, b, x, y);
  if (x <= (a + 1) / (a + b + 2)) {
    const double log_fraction = b <= 1 && x > 0.5 ? std::log(detail::gauss_fraction(a, b, x, y)) - std::log(y)
                                                  : std::log(detail::beta_fraction(a, b, x));
    return std::min(power - std::log(a) + log_fraction, 0.0);
  }
  const double log_rest = power - std::log(b) + std::log(detail::beta_fraction(b, a, y));
  return std::log1p(-std::min(std::exp(log_rest), 1.0));
}

}  // namespace parsae::inline PARSAE_ABI
