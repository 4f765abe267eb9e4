// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <support/result_file.hpp>

#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "arm.hpp"

namespace parsae_experts {

/// A row with the names of its members; what is unknown is null.
template <class Row>
[[nodiscard]] nlohmann::ordered_json to_json(const Row& row) {
  nlohmann::ordered_json json;
  Row::visit(row, [&](const char* name, const auto& member) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, double>)
      json[name] = parsae_examples::number_or_null(member);
    else
      json[name] = member;
  });
  return json;
}

/// Throws nlohmann::ordered_json::exception where a member is missing or of another type.
template <class Row>
[[nodiscard]] Row from_json(const nlohmann::ordered_json& json) {
  Row row;
  Row::visit(row, [&](const char* name, auto& member) {
    const nlohmann::ordered_json& value = json.at(name);
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, double>) {
      member = value.is_null() ? unknown : value.get<double>();
    } else {
      value.get_to(member);
    }
  });
  return row;
}

template <class Row>
[[nodiscard]] nlohmann::ordered_json rows_to_json(const std::vector<Row>& rows) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Row& row : rows) array.push_back(to_json(row));
  return array;
}

template <class Row>
[[nodiscard]] std::vector<Row> rows_from_json(const nlohmann::ordered_json& array) {
  std::vector<Row> rows;
  for (const nlohmann::ordered_json& row : array) rows.push_back(from_json<Row>(row));
  return rows;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Findings& findings) {
  nlohmann::ordered_json json;
  json["arms"] = rows_to_json(findings.arms);
  json["baseline"] = rows_to_json(findings.baseline);
  json["contrast"] = rows_to_json(findings.contrast);
  json["freed"] = rows_to_json(findings.freed);
  return json;
}

[[nodiscard]] inline Findings findings_from_json(const nlohmann::ordered_json& json) {
  return {rows_from_json<Arm>(json.at("arms")), rows_from_json<Baseline>(json.at("baseline")),
          rows_from_json<ContrastMap>(json.at("contrast")), rows_from_json<FreedImage>(json.at("freed"))};
}

/// {"arms": [...], "baseline": [...], "seconds", "settings"}. Throws parsae::FileError when the file cannot be written;
/// an old one is then still whole.
inline void write_results(const std::filesystem::path& path, const Findings& findings, double seconds,
                          const std::vector<std::pair<std::string, std::string>>& settings) {
  nlohmann::ordered_json json;
  json["arms"] = rows_to_json(findings.arms);
  json["baseline"] = rows_to_json(findings.baseline);
  json["seconds"] = seconds;
  for (const auto& setting : settings) json["settings"][setting.first] = setting.second;
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  parsae_examples::write_whole_file(path, json.dump(1, ' ', false, replace) + "\n");
}

}  // namespace parsae_experts
