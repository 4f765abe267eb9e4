// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/open_row_file.hpp>

#include <glob.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace parsae::inline PARSAE_ABI {
namespace detail {

[[nodiscard]] inline std::vector<std::filesystem::path> files_in_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_directory() && has_row_file_extension(entry->path())) found.push_back(entry->path());
  }
  if (error) throw FileError(folder, "the folder cannot be read: " + error.message());
  if (found.empty())
    throw FileError(folder, "no file in this folder has one of the extensions " + row_file_extensions_text());
  return found;
}

[[nodiscard]] inline std::vector<std::filesystem::path> files_of_pattern(const std::filesystem::path& pattern) {
  glob_t matches{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &matches);
  std::vector<std::filesystem::path> found;
  if (status == 0) found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  ::globfree(&matches);
  if (status == 0) return found;
  if (status == GLOB_NOMATCH) throw FileError(pattern, "there is no such file, and no file matches it as a pattern");
  throw FileError(pattern, "its folder cannot be read");
}

}  // namespace detail

/// The files that a path of the command line means, sorted by the bytes of their names: a file itself; of a folder, all
/// files (not those in folders below it) whose extension open_row_file() knows; else what the pattern matches, with
/// `*`,
/// `?` and `[...]` as in a shell. Throws FileError when that is none.
[[nodiscard]] inline std::vector<std::filesystem::path> shard_files(const std::filesystem::path& path) {
  std::error_code unreadable;
  const std::filesystem::file_status status = std::filesystem::status(path, unreadable);
  if (std::filesystem::is_regular_file(status)) return {path};
  std::vector<std::filesystem::path> found =
      std::filesystem::is_directory(status) ? detail::files_in_folder(path) : detail::files_of_pattern(path);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.native() < b.native(); });
  return found;
}

}  // namespace parsae::inline PARSAE_ABI
