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
[[nodiscard]] std::vector<Row> rows_from_json(const nlohmann::ordered_json& array) {
  std::vector<Row> rows;
  for (const nlohmann::ordered_json& row : array) rows.push_back(from_json<Row>(row));
  return rows;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Findings& findings) {
  nlohmann::ordered_json json;
  json["arms"] = parsae_examples::json_array(findings.arms);
  json["baseline"] = parsae_examples::json_array(findings.baseline);
  json["contrast"] = parsae_examples::json_array(findings.contrast);
  json["freed"] = parsae_examples::json_array(findings.freed);
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
  json["arms"] = parsae_examples::json_array(findings.arms);
  json["baseline"] = parsae_examples::json_array(findings.baseline);
  json["seconds"] = seconds;
  json["settings"] = parsae_examples::settings_json(settings);
  parsae_examples::write_json_file(path, json);
}

}  // namespace parsae_experts
