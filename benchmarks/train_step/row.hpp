// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <measure/machine.hpp>
#include <measure/problem_size.hpp>
#include <measure/spread.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "methods.hpp"

namespace parsae_benchmarks {

/// What was measured of one contestant.
struct Row {
  ProblemSize size;
  std::string data;
  int threads = 1;
  std::string method;
  Index steps = 0;  ///< timed
  Spread step_seconds;
  std::vector<std::pair<std::string, double>> stage_seconds;  ///< medians in the order of the step; peers have none
  double peak_mb = std::numeric_limits<double>::quiet_NaN();
  double l0 = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();
  Index n_dead = 0;
  nlohmann::ordered_json screening;  ///< null: not a screened method

  [[nodiscard]] Spread samples_per_second() const { return rate_of(static_cast<double>(size.batch), step_seconds); }

  /// A dense float32 encoder at the machine's peak.
  [[nodiscard]] double encoder_floor_seconds(const Machine& machine) const {
    return size.encoder_operations() / (machine.ceilings(threads).fma_gflops * 1e9);
  }

  [[nodiscard]] double stage(const std::string& name) const {
    for (const auto& [stage_name, seconds] : stage_seconds)
      if (stage_name == name) return seconds;
    return std::numeric_limits<double>::quiet_NaN();
  }

  [[nodiscard]] double encoder_fraction_of_peak(const Machine& machine) const {
    return encoder_floor_seconds(machine) / stage("encode");
  }

  [[nodiscard]] double step_over_encoder_floor(const Machine& machine) const {
    return step_seconds.median / encoder_floor_seconds(machine);
  }
};

/// How many times as fast as a peer, round by round in the same run.
struct Ratio {
  std::string size;
  std::string data;
  int threads = 1;
  std::string method;
  std::string peer;
  Spread times;
};

/// A point of a growth curve: a row and what was varied.
struct GrowthPoint {
  std::string axis;
  Row row;

  [[nodiscard]] Index value() const {
    if (axis == "n") return row.size.n;
    if (axis == "d") return row.size.d;
    return axis == "k" ? row.size.k : row.size.batch;
  }
};

namespace detail {

[[nodiscard]] inline nlohmann::ordered_json stages_ms(const Row& row) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, seconds] : row.stage_seconds) json[name] = 1e3 * seconds;
  return json;
}

}  // namespace detail

/// What is not known becomes null.
[[nodiscard]] inline nlohmann::ordered_json to_json(const Row& row, const Machine& machine) {
  const Spread rate = row.samples_per_second();
  nlohmann::ordered_json json = {{"size", row.size.name},
                                 {"data", row.data},
                                 {"d", row.size.d},
                                 {"n", row.size.n},
                                 {"k", row.size.k},
                                 {"batch", row.size.batch},
                                 {"threads", row.threads},
                                 {"method", row.method},
                                 {"steps", row.steps},
                                 {"samples_per_s", rate.median},
                                 {"min", rate.min},
                                 {"max", rate.max},
                                 {"step_ms", 1e3 * row.step_seconds.median},
                                 {"encoder_fraction_of_peak", row.encoder_fraction_of_peak(machine)},
                                 {"step_over_encoder_floor", row.step_over_encoder_floor(machine)},
                                 {"peak_mb", row.peak_mb},
                                 {"parameters_mb", row.size.parameters_mb()},
                                 {"l0", row.l0},
                                 {"loss", row.loss}};
  json["n_dead"] = is_peer(row.method) ? nlohmann::ordered_json() : nlohmann::ordered_json(row.n_dead);
  json["stages_ms"] = detail::stages_ms(row);
  json["screening"] = row.screening;
  return json;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Ratio& ratio) {
  return {{"size", ratio.size}, {"data", ratio.data},           {"threads", ratio.threads}, {"method", ratio.method},
          {"peer", ratio.peer}, {"median", ratio.times.median}, {"min", ratio.times.min},   {"max", ratio.times.max}};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const GrowthPoint& point) {
  const double us_per_sample = 1e6 / static_cast<double>(point.row.size.batch);
  return {{"axis", point.axis},
          {"value", point.value()},
          {"d", point.row.size.d},
          {"n", point.row.size.n},
          {"k", point.row.size.k},
          {"batch", point.row.size.batch},
          {"threads", point.row.threads},
          {"method", point.row.method},
          {"us_per_sample", us_per_sample * point.row.step_seconds.median},
          {"min", us_per_sample * point.row.step_seconds.min},
          {"max", us_per_sample * point.row.step_seconds.max},
          {"stages_ms", detail::stages_ms(point.row)}};
}

}  // namespace parsae_benchmarks
