// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <charconv>
#include <cmath>
#include <string>

#include "usage_error.hpp"

namespace parsae_cli {

using parsae::Index;

/// How many latents: a number of its own ("4096"), or times the inputs ("8x").
struct LatentCount {
  double number = 8;
  bool is_multiple = true;  ///< of the inputs

  [[nodiscard]] static LatentCount parse(const std::string& text) {
    LatentCount count;
    count.is_multiple = !text.empty() && (text.back() == 'x' || text.back() == 'X');
    const char* end = text.data() + text.size() - (count.is_multiple ? 1 : 0);
    const auto [stop, error] = std::from_chars(text.data(), end, count.number);
    const bool is_number = error == std::errc() && stop == end && std::isfinite(count.number) && count.number > 0;
    if (!is_number || (!count.is_multiple && count.number != std::floor(count.number)))
      throw UsageError("--latents: expected a number such as 4096, or a multiple of the inputs such as 8x, got \"" +
                       text + "\"");
    return count;
  }

  /// Rounded down; throws UsageError unless that is a number of latents, 1 to 2^30.
  [[nodiscard]] Index of(Index n_inputs) const {
    const double wanted = std::floor(is_multiple ? number * static_cast<double>(n_inputs) : number);
    check_usage([&] { parsae::require_between("--latents", wanted, 1.0, 0x1p30); });
    return static_cast<Index>(wanted);
  }
};

}  // namespace parsae_cli
