// SPDX-License-Identifier: MIT
#pragma once

#include <support/catch.hpp>

#include <cmath>

namespace parsae::test {

/// Matches a number that is off by at most `tolerance * (1 + |expected|)`: relative where the number is large, absolute
/// where it is small.
[[nodiscard]] inline auto close_to(double expected, double tolerance) {
  return Catch::Matchers::WithinAbs(expected, tolerance * (1 + std::abs(expected)));
}

}  // namespace parsae::test
