// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace parsae_cli {

/// In the folder of a sweep: which runs it holds.
inline constexpr const char* sweep_file = "sweep.json";

[[nodiscard]] inline bool is_sweep(const std::filesystem::path& folder) {
  return std::filesystem::is_regular_file(folder / sweep_file);
}

/// The run directories of a sweep, at least one. Throws parsae::FileError.
[[nodiscard]] inline std::vector<std::filesystem::path> runs_of_sweep(const std::filesystem::path& folder) {
  std::ifstream file(folder / sweep_file);
  if (!file) throw parsae::FileError(folder / sweep_file, "cannot be opened");
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  std::vector<std::filesystem::path> runs;
  if (json.is_object() && json.contains("runs") && json["runs"].is_array())
    for (const nlohmann::json& run : json["runs"])
      if (run.is_string()) runs.push_back(folder / run.get<std::string>());
  if (runs.empty()) throw parsae::FileError(folder / sweep_file, "\"runs\": expected a list of folders");
  return runs;
}

}  // namespace parsae_cli
