// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <string>

namespace parsae_examples {

/// Writes all of a file or none of it; its folder is made if missing. Throws parsae::FileError when it cannot be
/// written; an old one is then still whole.
inline void write_whole_file(const std::filesystem::path& path, const std::string& content) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  parsae::AtomicFile file(path);
  file.write(content);
  file.commit();
}

/// JSON has no NaN and no infinity: what is not known is null.
[[nodiscard]] inline nlohmann::ordered_json number_or_null(double value, bool is_known = true) {
  return is_known && std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace parsae_examples
