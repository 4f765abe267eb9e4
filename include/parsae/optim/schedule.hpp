// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace parsae::inline PARSAE_ABI {

/// A factor on a learning rate or a coefficient over a run of `total` steps:
///
///     from warmup_start to 1 over the first warmup_steps,  1,  then to decay_end over the last decay_fraction of the
///     run
///
/// each part linear or along half a cosine. Steps count from 0; the factor of step 0 of a warm-up is already one step
/// up, so that no step is wasted at a factor of zero.
struct Schedule {
  enum class Shape { Linear, Cosine };

  Index warmup_steps = 0;   ///< >= 0
  double warmup_start = 0;  ///< factor at the start of the warm-up, >= 0
  Shape warmup_shape = Shape::Linear;
  double decay_fraction = 0;  ///< share of the run that decays, 0 to 1
  double decay_end = 0;       ///< factor after the last step, >= 0
  Shape decay_shape = Shape::Linear;

  void check(std::string_view name) const {
    require_at_least(std::string(name) + " warmup_steps", warmup_steps, Index{0});
    require_not_negative(std::string(name) + " warmup_start", warmup_start);
    require_between(std::string(name) + " decay_fraction", decay_fraction, 0.0, 1.0);
    require_not_negative(std::string(name) + " decay_end", decay_end);
  }

  /// Whether factors depend on the length of the run.
  [[nodiscard]] bool decays() const { return decay_fraction > 0; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    const auto word = [](Shape shape) { return shape == Shape::Linear ? "linear" : "cosine"; };
    visit("warmup_steps", warmup_steps);
    visit("warmup_start", warmup_start);
    visit("warmup_shape", word(warmup_shape));
    visit("decay_fraction", decay_fraction);
    visit("decay_end", decay_end);
    visit("decay_shape", word(decay_shape));
  }

  [[nodiscard]] double factor(Index step, Index total) const {
    double value = 1;
    if (step < warmup_steps)
      value *=
          between(warmup_start, 1, static_cast<double>(step + 1) / static_cast<double>(warmup_steps), warmup_shape);
    const double decay_steps = decay_fraction * static_cast<double>(total);
    const double into_decay = static_cast<double>(step) - (static_cast<double>(total) - decay_steps);
    if (decay_steps > 0 && into_decay > 0)
      value *= between(1, decay_end, std::min(into_decay / decay_steps, 1.0), decay_shape);
    return value;
  }

 private:
  [[nodiscard]] static double between(double from, double to, double part, Shape shape) {
    const double way = shape == Shape::Linear ? part : (1 - std::cos(std::numbers::pi * part)) / 2;
    return from + (to - from) * way;
  }
};

}  // namespace parsae::inline PARSAE_ABI
