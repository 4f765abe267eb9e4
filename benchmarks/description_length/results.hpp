// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/build_summary.hpp>

#include <nlohmann/json.hpp>

#include <measure/machine.hpp>
#include <support/result_file.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "family_search.hpp"

namespace parsae_benchmarks::description_length {

/// Everything that a run found out.
struct Results {
  std::string command;  ///< as it was typed
  double seconds = 0;
  bool is_complete = true;
  std::size_t n_planned_rows = 0;
  bool has_stored_rates = false;                              ///< learning rates were not searched
  std::vector<std::pair<std::string, std::string>> settings;  ///< what the page says of the run, in this order
  std::vector<EqualFvuRow> rows;
  std::vector<PointRow> points;
};

namespace detail {

using Json = nlohmann::ordered_json;
using parsae_examples::number_or_null;

[[nodiscard]] inline Json to_json(const Message& message) {
  return {{"fvu", number_or_null(message.fvu)},
          {"exact_fvu", number_or_null(message.exact_fvu)},
          {"bits", number_or_null(message.bits())},
          {"bits_presence", number_or_null(message.bits_presence)},
          {"bits_value", number_or_null(message.bits_value)},
          {"l0", number_or_null(message.l0)},
          {"dead_fraction", number_or_null(message.dead_fraction)}};
}

/// One for each allowed rise.
[[nodiscard]] inline Json to_json(const Messages& messages) {
  Json json = Json::array();
  for (std::size_t r = 0; r < messages.size(); ++r) {
    json.push_back(to_json(messages[r]));
    json.back()["allowed_rise"] = allowed_rises[r];
  }
  return json;
}

[[nodiscard]] inline Json to_json(const EqualFvuRow& row) {
  const SeedSpread bits = row.bits();
  Json json;
  json["family"] = row.family;
  json["fvu"] = row.fvu;
  json["bits"] = number_or_null(bits.mean);
  json["bits_std_over_seeds"] = number_or_null(bits.deviation);
  json["bits_presence"] = number_or_null(row.spread(&Message::bits_presence).mean);
  json["bits_value"] = number_or_null(row.spread(&Message::bits_value).mean);
  json["l0"] = number_or_null(row.spread(&Message::l0).mean);
  json["dead_fraction"] = number_or_null(row.spread(&Message::dead_fraction).mean);
  json["learning_rate"] = row.learning_rate;
  json["allowed_rise"] = row.allowed_rise;
  json["rate_bracketed"] = row.is_bracketed;
  json["seeds"] = Json::array();
  for (std::size_t s = 0; s < row.seeds.size(); ++s) {
    json["seeds"].push_back(to_json(row.seeds[s]));
    json["seeds"].back()["parameter"] = number_or_null(row.parameters[s]);
  }
  json["tried_rates"] = Json::array();
  for (const auto& [rate, bits_there] : row.tried_rates)
    json["tried_rates"].push_back({{"learning_rate", rate}, {"validation_bits", number_or_null(bits_there)}});
  return json;
}

[[nodiscard]] inline Json to_json(const PointRow& point) {
  return {{"family", point.family},
          {"learning_rate", point.learning_rate},
          {"seed", point.seed},
          {"parameter", point.parameter},
          {"validation", to_json(point.trained.validation)},
          {"test", to_json(point.trained.test)}};
}

}  // namespace detail

/// {"command", "seconds", "complete", "stored_rates", "build", "processor", "compiler", "settings", "rows", "points"}:
/// what is not known is null. Throws parsae::FileError when the file cannot be written; an old one is then still whole.
inline void write_json(const std::filesystem::path& path, const Results& results) {
  using detail::Json;
  Json json;
  json["command"] = results.command;
  json["seconds"] = results.seconds;
  json["complete"] = results.is_complete;
  json["stored_rates"] = results.has_stored_rates;
  json["build"] = parsae::build_summary();
  json["processor"] = processor_name();
  json["compiler"] = compiler_name();
  json["settings"] = parsae_examples::settings_json(results.settings);
  json["rows"] = Json::array();
  for (const EqualFvuRow& row : results.rows) json["rows"].push_back(detail::to_json(row));
  json["points"] = Json::array();
  for (const PointRow& point : results.points) json["points"].push_back(detail::to_json(point));
  parsae_examples::write_json_file(path, json);
}

}  // namespace parsae_benchmarks::description_length
