// SPDX-License-Identifier: MIT
#pragma once

#include <allocators/rate_search.hpp>
#include <allocators/row.hpp>

#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "curve.hpp"

namespace parsae_benchmarks::description_length {

/// One family at one FVU.
struct EqualFvuRow {
  std::string family;
  double fvu = 0;
  double learning_rate = 0;
  double allowed_rise = 0;               ///< of the FVU when codes are rounded
  bool is_bracketed = false;             ///< worse rates were tried on both sides
  std::map<double, double> tried_rates;  ///< rate to the first seed's bits on validation samples; infinity: none
  std::vector<double> parameters;        ///< of each seed, between two points of the grid
  std::vector<Message> seeds;            ///< on held-out samples

  [[nodiscard]] SeedSpread spread(double Message::*figure) const {
    std::vector<double> values;
    for (const Message& seed : seeds) values.push_back(seed.*figure);
    return spread_over_seeds(values);
  }
  [[nodiscard]] SeedSpread bits() const {
    std::vector<double> values;
    for (const Message& seed : seeds) values.push_back(seed.bits());
    return spread_over_seeds(values);
  }
};

/// An operating point that was trained.
struct PointRow {
  std::string family;
  double learning_rate = 0;
  std::uint64_t seed = 0;
  double parameter = 0;
  Trained trained;
};

/// Searches for one family, FVU after FVU: the learning rate with the fewest bits on the validation samples by the
/// first seed, then all seeds at that rate on the held-out samples. Each search begins where the last one ended.
class FamilySearch {
 public:
  struct Settings {
    bool searches_rates = true;  ///< false: the stored one as it is
    double step = 2;
    Index n_seeds = 3;
  };

  /// \param base    what all runs share: data, sizes, first seed, threads
  /// \param on_run  told what is about to run; may throw to stop the search between two runs
  FamilySearch(const Family& family, const Settings& settings, const Job& base,
               std::function<void(const std::string&)> on_run)
      : family_(family), settings_(settings), base_(base), on_run_(std::move(on_run)) {}

  [[nodiscard]] EqualFvuRow find(double fvu) {
    RateSearch rates(rate_settings());
    std::map<double, std::size_t> rises;
    while (const std::optional<double> rate = rates.next()) {
      const auto [bits, rise] = fewest_bits(curve(*rate, base_.seed), fvu);
      rates.add(*rate, bits);
      rises[*rate] = rise;
      const bool is_hopeless = rates.tried().size() >= 5 && !std::isfinite(rates.tried().at(rates.best()));
      if (!settings_.searches_rates || is_hopeless) break;
    }
    best_rate_ = rates.best();
    EqualFvuRow row;
    row.family = family_.name;
    row.fvu = fvu;
    row.learning_rate = rates.best();
    const std::size_t rise = rises.at(rates.best());
    row.allowed_rise = allowed_rises[rise];
    row.is_bracketed = rates.is_bracketed();
    row.tried_rates = rates.tried();
    for (Index s = 0; s < settings_.n_seeds; ++s) {
      const std::uint64_t seed = base_.seed + static_cast<std::uint64_t>(s);
      const Curve::Crossing crossing = curve(rates.best(), seed).at_fvu(fvu, &Trained::test, rise, start_);
      row.seeds.push_back(crossing.message);
      row.parameters.push_back(family_.first * std::pow(family_.parameter(1) / family_.first, crossing.place));
    }
    return row;
  }

  /// Everything that was trained, in the order of rates, seeds and places.
  [[nodiscard]] std::vector<PointRow> points() const {
    std::vector<PointRow> all;
    for (const auto& [key, curve] : curves_)
      for (const auto& [place, trained] : curve.points())
        all.push_back({family_.name, key.first, key.second, family_.parameter(place), trained});
    return all;
  }

 private:
  struct Choice {
    double bits = not_known;
    std::size_t rise = 0;
  };

  /// On the validation samples, over the allowed rises.
  [[nodiscard]] Choice fewest_bits(Curve& curve, double fvu) {
    Choice best;
    for (std::size_t rise = 0; rise < allowed_rises.size(); ++rise) {
      const Curve::Crossing crossing = curve.at_fvu(fvu, &Trained::validation, rise, start_);
      if (!std::isfinite(crossing.place)) continue;
      start_ = static_cast<int>(std::floor(crossing.place));
      const double bits = crossing.message.bits();
      if (!(bits >= best.bits)) best = {bits, rise};
    }
    return best;
  }

  [[nodiscard]] RateSearch::Settings rate_settings() const {
    if (!settings_.searches_rates) return {.rates = {family_.stored_rate}, .step = settings_.step};
    return {.rates = rates_around(best_rate_.value_or(family_.stored_rate), settings_.step), .step = settings_.step};
  }

  [[nodiscard]] Curve& curve(double rate, std::uint64_t seed) {
    const auto train = [this, rate, seed](int place) {
      Job job = base_;
      job.place = place;
      job.parameter = family_.parameter(place);
      job.learning_rate = rate;
      job.seed = seed;
      char text[128];
      std::snprintf(text, sizeof text, "%s, %s %.2g, rate %.2g, seed %llu", family_.name.c_str(),
                    family_.parameter_name.c_str(), job.parameter, rate, static_cast<unsigned long long>(seed));
      on_run_(text);
      return family_.train(job);
    };
    return curves_.try_emplace({rate, seed}, train).first->second;
  }

  const Family& family_;
  Settings settings_;
  Job base_;
  std::function<void(const std::string&)> on_run_;
  std::map<std::pair<double, std::uint64_t>, Curve> curves_;
  std::optional<double> best_rate_;
  int start_ = 0;  ///< the place where the last search ended
};

/// A guess at the number of runs for one FVU, for the progress line alone.
[[nodiscard]] inline double expected_runs(const FamilySearch::Settings& settings) {
  return 2.5 * ((settings.searches_rates ? 3.7 : 1) + static_cast<double>(settings.n_seeds - 1));
}

}  // namespace parsae_benchmarks::description_length
