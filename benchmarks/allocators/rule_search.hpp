// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coefficient_search.hpp"
#include "rate_search.hpp"
#include "row.hpp"
#include "rule.hpp"

namespace parsae_benchmarks {

/// How one rule is brought to several targets: its learning rate for each, its coefficient where it has one, and the
/// runs over seeds.
struct SearchSettings {
  bool searches_rates = true;   ///< false: rates.front() as it is
  std::vector<double> rates{};  ///< where the search begins; empty: around the rule's stored rate
  double step = 2;
  Index n_seeds = 3;
  double steady = 1.5;  ///< a seed with more than so many times the first one's error makes a rate worse than it looked
  double l0_tolerance = 0.03;
  int most_hopeless_rates = 6;  ///< with none that meets the target the search ends
  int most_full_tries = 4;      ///< full runs a learning rate that the search for a coefficient may take
  int most_short_tries = 6;     ///< before the first of them
};

/// Searches for one rule, target after target: each search begins where the last one ended. Everything is chosen by the
/// validation samples.
class RuleSearch {
 public:
  /// \param base      what all runs share: data, sizes, first seed, threads
  /// \param on_run    told what is about to run; may throw to stop the search between two runs
  RuleSearch(const Rule& rule, const SearchSettings& settings, const Request& base,
             std::function<void(const std::string&)> on_run)
      : rule_(rule), settings_(settings), base_(base), on_run_(std::move(on_run)) {}

  /// The rule at one target L0: every seed at the best rate that the first seed has found. A rate at which no
  /// coefficient meets the target is worse than any other, for a denser code always looks better; one at which another
  /// seed comes to grief has that seed's error, and the search goes on. Where a seed has a coefficient, it is searched
  /// anew, from the first seed's.
  [[nodiscard]] Row find(double target_l0) {
    RateSearch rates(rate_settings());
    std::map<double, Run> first_seed;
    std::map<double, std::vector<Measured>> all_seeds;
    do {
      search_rate(target_l0, rates, first_seed);
      const double best = rates.best();
      if (all_seeds.count(best) == 0) all_seeds[best] = every_seed(target_l0, best, first_seed.at(best));
    } while (settings_.searches_rates && is_given_up(rates, all_seeds) && all_seeds.count(rates.best()) == 0);
    best_rate_ = rates.best();
    Row row;
    row.data = base_.data->name;
    row.rule = rule_.name;
    row.target_l0 = target_l0;
    row.learning_rate = rates.best();
    row.is_bracketed = rates.is_bracketed();
    row.tried_rates = rates.tried();
    row.coefficient = first_seed.at(rates.best()).coefficient;
    row.seeds = all_seeds.at(rates.best());
    return row;
  }

 private:
  struct Run {
    Measured measured;
    double coefficient = unknown;
  };
  struct Known {
    double coefficient = unknown;
    double l0 = unknown;
  };

  /// Tries rates with the first seed until the search is over.
  void search_rate(double target_l0, RateSearch& rates, std::map<double, Run>& first_seed) {
    while (const std::optional<double> rate = rates.next()) {
      const Run run = at_rate(target_l0, *rate, base_.seed);
      rates.add(*rate, is_on_target(run.measured, target_l0) ? run.measured.validation_fvu : unknown);
      first_seed.emplace(*rate, run);
      const bool is_hopeless = static_cast<int>(first_seed.size()) >= settings_.most_hopeless_rates &&
                               !std::isfinite(rates.tried().at(rates.best()));
      if (!settings_.searches_rates || is_hopeless) break;
    }
  }

  [[nodiscard]] std::vector<Measured> every_seed(double target_l0, double rate, const Run& first) {
    std::vector<Measured> seeds = {first.measured};
    for (Index s = 1; s < settings_.n_seeds; ++s) {
      known_ = {first.coefficient, target_l0};
      seeds.push_back(at_rate(target_l0, rate, base_.seed + static_cast<std::uint64_t>(s)).measured);
    }
    return seeds;
  }

  /// Whether training was unstable at the best rate: then its loss becomes that of its worst seed.
  [[nodiscard]] bool is_given_up(RateSearch& rates, const std::map<double, std::vector<Measured>>& all_seeds) const {
    const double rate = rates.best();
    const double first = rates.tried().at(rate);
    double worst = first;
    for (const Measured& seed : all_seeds.at(rate))
      worst = std::isnan(seed.validation_fvu) ? INFINITY : std::max(worst, seed.validation_fvu);
    if (!std::isfinite(first) || worst <= settings_.steady * first) return false;
    rates.add(rate, worst);
    return true;
  }

  [[nodiscard]] RateSearch::Settings rate_settings() const {
    if (!settings_.rates.empty()) return {.rates = settings_.rates, .step = settings_.step};
    const double center = best_rate_.value_or(rule_.stored_rate);
    if (!settings_.searches_rates) return {.rates = {rule_.stored_rate}, .step = settings_.step};
    return {.rates = rates_around(center, settings_.step), .step = settings_.step};
  }

  /// Budgets are kept by construction; a code sparser than its budget is the rule's own doing.
  [[nodiscard]] bool is_on_target(const Measured& measured, double target_l0) const {
    return !rule_.has_coefficient() || std::abs(measured.validation_l0 / target_l0 - 1) <= off_target;
  }

  [[nodiscard]] Request full(double target_l0, double rate, double coefficient, std::uint64_t seed) const {
    Request request = base_;
    request.seed = seed;
    request.target_l0 = target_l0;
    request.learning_rate = rate;
    request.coefficient = coefficient;
    return request;
  }

  [[nodiscard]] Measured train(const Request& request) {
    char text[96];
    std::snprintf(text, sizeof text, "%s, L0 %g, rate %.2g, seed %llu", rule_.name.c_str(), request.target_l0,
                  request.learning_rate, static_cast<unsigned long long>(request.seed));
    on_run_(text);
    return rule_.train(request);
  }

  [[nodiscard]] Run at_rate(double target_l0, double rate, std::uint64_t seed) {
    if (!rule_.has_coefficient()) return {train(full(target_l0, rate, unknown, seed)), unknown};
    CoefficientSearch search({.target_l0 = target_l0,
                              .first = first_coefficient(target_l0, rate, seed),
                              .slope = slope_,
                              .tolerance = settings_.l0_tolerance,
                              .most_tries = settings_.most_full_tries});
    std::map<double, Measured> runs;
    while (const std::optional<double> coefficient = search.next()) {
      const Measured measured = train(full(target_l0, rate, *coefficient, seed));
      search.add(*coefficient, measured.validation_l0);
      runs.emplace(*coefficient, measured);
    }
    const CoefficientSearch::Try best = search.best();
    if (best.l0 > 0) known_ = {best.coefficient, best.l0};
    slope_ = search.slope();
    return {runs.at(best.coefficient), best.coefficient};
  }

  /// From the last full run, by the slope that was seen last; before there is one, from short runs.
  [[nodiscard]] double first_coefficient(double target_l0, double rate, std::uint64_t seed) {
    if (std::isfinite(known_.coefficient)) return known_.coefficient * std::pow(known_.l0 / target_l0, -1 / slope_);
    CoefficientSearch search({.target_l0 = target_l0,
                              .first = rule_.stored_coefficient * 16 / target_l0,
                              .tolerance = 0.15,
                              .most_tries = settings_.most_short_tries});
    while (const std::optional<double> coefficient = search.next()) {
      Request request = full(target_l0, rate, *coefficient, seed);
      request.samples = std::max(base_.samples / 6, std::min(base_.samples, 20 * base_.batch));
      request.depth = Request::Depth::Validation;
      search.add(*coefficient, train(request).validation_l0);
    }
    return search.best().coefficient;
  }

  const Rule& rule_;
  SearchSettings settings_;
  Request base_;
  std::function<void(const std::string&)> on_run_;
  std::optional<double> best_rate_;
  Known known_;
  double slope_ = -1;  ///< d log L0 / d log coefficient
};

/// A guess at the number of full runs for one target, for the progress line alone.
[[nodiscard]] inline double expected_runs(const Rule& rule, const SearchSettings& settings) {
  const double n_rates = settings.searches_rates ? 3.7 : 1;
  return n_rates * (rule.has_coefficient() ? 2.2 : 1) + static_cast<double>(settings.n_seeds - 1);
}

}  // namespace parsae_benchmarks
