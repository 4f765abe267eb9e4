// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace parsae_examples {

/// One axis of a chart: it collects the values to be shown, then says where each lies and where ticks go.
class ChartAxis {
 public:
  enum class Scale { Linear, Log2, Log10 };
  struct Settings {
    std::string title;  ///< with the unit
    Scale scale = Scale::Linear;
  };

  explicit ChartAxis(Settings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] const std::string& title() const { return settings_.title; }

  /// False for what this axis cannot show: NaN, infinities, and values up to 0 on a logarithmic scale.
  [[nodiscard]] bool can_show(double value) const {
    return std::isfinite(value) && (settings_.scale == Scale::Linear || value > 0);
  }

  /// Widens the axis so that `value` is on it.
  void include(double value) {
    if (!can_show(value))
      parsae::reject("chart axis '" + settings_.title + "'", "a value that the scale can show", value);
    low_ = empty_ ? value : std::min(low_, value);
    high_ = empty_ ? value : std::max(high_, value);
    empty_ = false;
  }

  /// Position of `value` between the axis's ends, 0 to 1, with a margin of 6 % at both.
  [[nodiscard]] double place(double value) const {
    const double span = bend(high_) - bend(low_);
    if (empty_ || span <= 0) return 0.5;
    return 0.06 + 0.88 * (bend(value) - bend(low_)) / span;
  }

  /// Round values on the axis, margins included.
  [[nodiscard]] std::vector<double> ticks() const {
    if (empty_) return {};
    const double margin = 0.06 / 0.88 * (bend(high_) - bend(low_));
    const double low = bend(low_) - margin - 1e-9;
    const double high = bend(high_) + margin + 1e-9;
    if (settings_.scale == Scale::Linear) return linear_ticks(low, high);
    const double base = settings_.scale == Scale::Log2 ? 2 : 10;
    const std::vector<double> found = log_ticks(low, high, base);
    // A short piece of a logarithmic scale is nearly linear.
    return found.size() < 2 && high_ > low_ ? linear_ticks(std::pow(base, low), std::pow(base, high)) : found;
  }

  /// "0.5", "2", "1000": as many digits as a tick needs.
  [[nodiscard]] static std::string label(double tick) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", tick + 0.0);  // the sum of -0 and 0 is 0
    return text;
  }

 private:
  /// The value on the scale where the axis is even.
  [[nodiscard]] double bend(double value) const {
    if (settings_.scale == Scale::Log2) return std::log2(value);
    if (settings_.scale == Scale::Log10) return std::log10(value);
    return value;
  }

  [[nodiscard]] static std::vector<double> linear_ticks(double low, double high) {
    const double rough = (high - low) / 6;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double factor : {1.0, 2.0, 5.0})
      if (factor * power >= rough && step > factor * power) step = factor * power;
    std::vector<double> found;
    for (double i = std::ceil(low / step); i * step <= high; ++i) found.push_back(i * step);
    return found;
  }

  /// Powers of the base, with 2 and 5 between powers of ten while there is room, and fewer powers when there is none.
  [[nodiscard]] static std::vector<double> log_ticks(double low, double high, double base) {
    const double stride = std::max(1.0, std::ceil((high - low) / 10));
    const bool is_decimal = base > 2;
    std::vector<double> found;
    for (double exponent = std::floor(low); exponent <= high; exponent += stride) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor > 1 && (!is_decimal || high - low > 3)) continue;
        const double position = exponent + std::log10(factor);
        if (position >= low && position <= high) found.push_back(factor * std::pow(base, exponent));
      }
    }
    return found;
  }

  Settings settings_;
  bool empty_ = true;
  double low_ = 0;
  double high_ = 0;
};

}  // namespace parsae_examples
