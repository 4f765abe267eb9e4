// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace parsae_examples {

/// Writes all of a file or none of it; its folder is made if missing. Throws parsae::FileError when it cannot be
/// written; an old one is then still whole.
inline void write_whole_file(const std::filesystem::path& path, const std::string& content) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  parsae::AtomicFile file(path);
  file.write(content);
  file.commit();
}

/// The same with one space of indentation. Names may come from files and paths, and not be UTF-8: what is not is
/// replaced.
inline void write_json_file(const std::filesystem::path& path, const nlohmann::ordered_json& json) {
  write_whole_file(path, json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

/// [to_json(row), ...], with the to_json of the rows' own namespace.
template <class Row>
[[nodiscard]] nlohmann::ordered_json json_array(const std::vector<Row>& rows) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Row& row : rows) array.push_back(to_json(row));
  return array;
}

/// {name: value, ...}
[[nodiscard]] inline nlohmann::ordered_json settings_json(
    const std::vector<std::pair<std::string, std::string>>& settings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& setting : settings) json[setting.first] = setting.second;
  return json;
}

/// JSON has no NaN and no infinity: what is not known is null.
[[nodiscard]] inline nlohmann::ordered_json number_or_null(double value, bool is_known = true) {
  return is_known && std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace parsae_examples
