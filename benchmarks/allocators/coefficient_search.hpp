// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace parsae_benchmarks {

/// Finds the coefficient of a sparsity penalty with which training ends at a wanted L0. A larger coefficient leaves
/// fewer active latents; log L0 is taken as a smooth, falling function of log coefficient.
///
/// Until L0 values on both sides of the target are known, steps follow the line through the last two points (or a given
/// slope); then they interpolate between the closest point on each side and stay off both ends of the bracket.
class CoefficientSearch {
 public:
  struct Settings {
    double target_l0 = 0;     ///< above 0
    double first = 0;         ///< the coefficient to try first, above 0
    double slope = -1;        ///< d log L0 / d log coefficient for as long as a single point is known, below 0
    double tolerance = 0.03;  ///< relative error of L0 that is good enough
    int most_tries = 6;       ///< >= 1
  };

  explicit CoefficientSearch(const Settings& settings) : settings_(settings) {
    parsae::require_positive("CoefficientSearch target_l0", settings.target_l0);
    parsae::require_positive("CoefficientSearch first", settings.first);
    parsae::require_positive("CoefficientSearch -slope", -settings.slope);
    parsae::require_positive("CoefficientSearch tolerance", settings.tolerance);
    parsae::require_at_least("CoefficientSearch most_tries", settings.most_tries, 1);
  }

  struct Try {
    double coefficient = 0;
    double l0 = 0;
  };

  /// The coefficient to try next; nothing when one is good enough or the tries are used up.
  [[nodiscard]] std::optional<double> next() const {
    if (tries_.empty()) return settings_.first;
    if (is_settled() || static_cast<int>(tries_.size()) >= settings_.most_tries) return std::nullopt;
    return std::exp(low_ && high_ ? inside_bracket() : beyond_known());
  }

  /// \param l0  where training ended; NaN (a run that diverged) counts as too sparse
  void add(double coefficient, double l0) {
    tries_.push_back({coefficient, l0});
    const Point point{std::log(coefficient), log_error(l0)};
    // L0 falls with the coefficient: too dense is the lower end of the bracket.
    std::optional<Point>& side = point.error > 0 ? low_ : high_;
    const bool is_closer = !side || std::abs(point.error) < std::abs(side->error);
    if (is_closer) side = point;
    before_last_ = last_;
    last_ = point;
  }

  [[nodiscard]] bool is_settled() const {
    return !tries_.empty() && std::abs(best().l0 / settings_.target_l0 - 1) <= settings_.tolerance;
  }

  /// The try that came closest; after at least one add().
  [[nodiscard]] Try best() const {
    return *std::min_element(tries_.begin(), tries_.end(), [&](const Try& a, const Try& b) {
      return std::abs(log_error(a.l0)) < std::abs(log_error(b.l0));
    });
  }

  [[nodiscard]] const std::vector<Try>& tries() const { return tries_; }

  /// Between the last two tries, within [-4, -0.25]; the given one with fewer than two, where they are as good as the
  /// same, and where L0 did not fall.
  [[nodiscard]] double slope() const {
    if (!before_last_) return settings_.slope;
    const double step = last_->log_coefficient - before_last_->log_coefficient;
    const double measured = (last_->error - before_last_->error) / step;
    return std::abs(step) > 0.05 && measured < 0 ? std::clamp(measured, -4.0, -0.25) : settings_.slope;
  }

 private:
  struct Point {
    double log_coefficient = 0;
    double error = 0;  ///< log(l0 / target)
  };

  static constexpr double largest_step = 2.1;  // a factor of 8

  /// A code of nothing at all has no logarithm: it counts as a hundredth of an active latent.
  [[nodiscard]] double log_error(double l0) const {
    return std::log((std::isnan(l0) ? 0.01 : std::max(l0, 0.01)) / settings_.target_l0);
  }

  [[nodiscard]] double inside_bracket() const {
    const double width = high_->log_coefficient - low_->log_coefficient;
    const double part = low_->error / (low_->error - high_->error);
    return low_->log_coefficient + std::clamp(part, 0.1, 0.9) * width;
  }

  [[nodiscard]] double beyond_known() const {
    double slope = settings_.slope;
    if (before_last_ && last_->log_coefficient != before_last_->log_coefficient)
      slope = (last_->error - before_last_->error) / (last_->log_coefficient - before_last_->log_coefficient);
    // A flat or rising stretch says nothing of how far to go, only where.
    const double step = slope < -0.05 ? -last_->error / slope : last_->error * 20;
    return last_->log_coefficient + std::clamp(step, -largest_step, largest_step);
  }

  Settings settings_;
  std::vector<Try> tries_;
  std::optional<Point> low_;
  std::optional<Point> high_;
  std::optional<Point> last_;
  std::optional<Point> before_last_;
};

}  // namespace parsae_benchmarks
