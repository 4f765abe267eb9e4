// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Which of the arrays of a file is meant by `wanted`: the one of that name, or the only one when `wanted` is empty.
/// FileError that lists what there is otherwise.
[[nodiscard]] inline std::string choose_array(const std::filesystem::path& path, const std::vector<std::string>& names,
                                              const std::string& wanted) {
  constexpr std::size_t most_listed = 20;
  if (wanted.empty() && names.size() == 1) return names.front();
  if (!wanted.empty() && std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  if (names.empty()) throw FileError(path, "has no arrays");
  std::string listed;
  for (std::size_t i = 0; i < std::min(names.size(), most_listed); ++i) listed += (i > 0 ? ", " : "") + names[i];
  if (names.size() > most_listed) listed += ", and " + std::to_string(names.size() - most_listed) + " more";
  if (wanted.empty()) throw FileError(path, "expected the name of one of its arrays, got none; it has: " + listed);
  throw FileError(path, "has no array '" + wanted + "'; it has: " + listed);
}

}  // namespace parsae::inline PARSAE_ABI
