// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "family.hpp"

namespace parsae_benchmarks::description_length {

/// The operating points of one family at one learning rate and seed, each trained when it is first asked for.
class Curve {
 public:
  static constexpr int farthest_place = 12;  ///< on either side of the first

  /// \param train  an operating point at a place of the grid
  explicit Curve(std::function<Trained(int)> train) : train_(std::move(train)) {}

  /// A point between two of the grid: the logarithm of its bits is linear in log FVU, as curves nearly are, their
  /// shares and all else are linear.
  struct Crossing {
    double place = not_known;  ///< on the grid, with a fraction
    Message message;
  };

  /// The message at this FVU, between the two neighbors on the grid that have it between them; NaN where none do.
  /// Points are trained outwards from `start`.
  /// \param which  of a point's messages: those of the validation or of the test samples
  /// \param rise   one of allowed_rises, by number
  [[nodiscard]] Crossing at_fvu(double fvu, Messages Trained::*which, std::size_t rise, int start = 0) {
    const std::optional<int> low = last_below(fvu, which, rise, start);
    if (!low) return {};
    const Message& below = (at(*low).*which)[rise];
    const Message& above = (at(*low + 1).*which)[rise];
    // A code that collapsed says nothing of its neighbor.
    if (!(below.bits() > 0 && above.bits() > 0) || above.fvu > 2 * below.fvu) return {};
    const double part = std::log(fvu / below.fvu) / std::log(above.fvu / below.fvu);
    const auto between = [&](double Message::*figure) {
      return below.*figure + part * (above.*figure - below.*figure);
    };
    Message message{.fvu = fvu,
                    .exact_fvu = between(&Message::exact_fvu),
                    .bits_presence = between(&Message::bits_presence),
                    .bits_value = between(&Message::bits_value),
                    .l0 = between(&Message::l0),
                    .dead_fraction = between(&Message::dead_fraction)};
    const double bits = below.bits() * std::pow(above.bits() / below.bits(), part);
    const double correction = bits / message.bits();
    message.bits_presence *= correction;
    message.bits_value *= correction;
    return {*low + part, message};
  }

  /// The place whose FVU lies at or below this one while that of the next lies above it.
  [[nodiscard]] std::optional<int> last_below(double fvu, Messages Trained::*which, std::size_t rise, int start = 0) {
    int place = start;
    const auto lies_below = [&](int p) { return (at(p).*which)[rise].fvu <= fvu; };  // false for what diverged
    while (lies_below(place))
      if (++place > farthest_place) return std::nullopt;
    while (!lies_below(place))
      if (--place < -farthest_place) return std::nullopt;
    if (!std::isfinite((at(place + 1).*which)[rise].fvu)) return std::nullopt;
    return place;
  }

  [[nodiscard]] const Trained& at(int place) {
    const auto known = points_.find(place);
    return known != points_.end() ? known->second : points_.emplace(place, train_(place)).first->second;
  }

  [[nodiscard]] const std::map<int, Trained>& points() const { return points_; }

 private:
  std::function<Trained(int)> train_;
  std::map<int, Trained> points_;
};

}  // namespace parsae_benchmarks::description_length
