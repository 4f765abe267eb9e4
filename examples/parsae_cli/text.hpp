// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cstdio>
#include <string>

namespace parsae_cli {

using parsae::Index;

/// "199,450".
[[nodiscard]] inline std::string grouped(Index number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

/// As many digits as a number needs, six at most.
[[nodiscard]] inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace parsae_cli
