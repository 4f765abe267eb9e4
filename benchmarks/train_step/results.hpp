// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <measure/machine.hpp>
#include <support/result_file.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "row.hpp"

namespace parsae_benchmarks {

/// Everything that a run found out.
struct Results {
  std::string command;  ///< as it was typed
  double seconds = 0;
  Machine machine;
  std::vector<Row> rows;
  std::vector<Ratio> ratios;
  std::vector<GrowthPoint> growth;
  std::map<std::string, double> trained_fvu;            ///< by size: where trained-like rows begin
  std::map<std::string, nlohmann::ordered_json> peers;  ///< what each says of itself
  std::vector<std::string> failures;                    ///< sentences
};

/// {"command", "seconds", "machine", "trained_fvu", "peers", "rows", "ratios", "growth", "failures"}: what is not known
/// is null. Throws parsae::FileError when the file cannot be written; an old one is then still whole.
inline void write_json(const std::filesystem::path& path, const Results& results) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["command"] = results.command;
  json["seconds"] = results.seconds;
  json["machine"] = results.machine.json();
  json["trained_fvu"] = Json(results.trained_fvu);
  json["peers"] = Json(results.peers);
  json["rows"] = Json::array();
  for (const Row& row : results.rows) json["rows"].push_back(to_json(row, results.machine));
  json["ratios"] = Json::array();
  for (const Ratio& ratio : results.ratios) json["ratios"].push_back(to_json(ratio));
  json["growth"] = Json::array();
  for (const GrowthPoint& point : results.growth) json["growth"].push_back(to_json(point));
  json["failures"] = results.failures;
  parsae_examples::write_json_file(path, json);
}

}  // namespace parsae_benchmarks
