// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <support/markup.hpp>

#include <cstdio>
#include <string>

namespace parsae_cli {

using parsae::Index;

using parsae_examples::grouped;

/// As many digits as a number needs, six at most.
[[nodiscard]] inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace parsae_cli
