// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace parsae_examples {

/// Text as it may stand in HTML and SVG, inside elements and inside quoted attributes.
[[nodiscard]] inline std::string escape_markup(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else
      escaped += c;
  }
  return escaped;
}

/// `value` with this many decimals; a dash if it is not finite.
[[nodiscard]] inline std::string fixed_text(double value, int decimals) {
  if (!std::isfinite(value)) return "\xE2\x80\x93";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

/// "60,000".
[[nodiscard]] inline std::string grouped(std::int64_t number) {
  const std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// A bound such as 0.40 or 0.125: two decimals, more where needed.
[[nodiscard]] inline std::string eps_text(double eps) {
  const double hundredths = eps * 100;
  if (std::abs(hundredths - std::round(hundredths)) < 1e-6) return fixed_text(eps, 2);
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", eps);
  return text;
}

/// `value` with about three digits: 214, 54.1, 3.3, 0.40.
[[nodiscard]] inline std::string short_text(double value) {
  const double size = std::abs(value);
  return fixed_text(value, size >= 99.95 ? 0 : size >= 0.995 ? 1 : 2);
}

}  // namespace parsae_examples
