// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data_options.hpp"

namespace parsae_cli {

namespace detail {

/// Whether a file of a folder is one of activations: by its name, or because all files are raw.
[[nodiscard]] inline bool is_activation_file(const std::filesystem::path& path, bool are_raw) {
  static const std::set<std::string> extensions{".npy", ".npz", ".safetensors", ".csv", ".tsv", ".h5ad"};
  if (path.filename().string().starts_with('.')) return false;
  std::string extension = path.extension().string();
  if (extension == ".gz") extension = path.stem().extension().string();
  return extensions.contains(extension) || are_raw;
}

[[nodiscard]] inline std::vector<std::filesystem::path> files_of_folder(const std::filesystem::path& folder,
                                                                        bool are_raw) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() && is_activation_file(entry.path(), are_raw)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty())
    throw parsae::FileError(folder, are_raw ? "the folder has no files"
                                            : "the folder has no .npy, .npz, .safetensors, .csv or .tsv files; raw "
                                              "files need --dim");
  return files;
}

[[nodiscard]] inline std::vector<std::filesystem::path> matches_of(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::filesystem::path> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  if (files.empty()) throw parsae::FileError(pattern, "no file matches");
  return files;
}

}  // namespace detail

/// The files that inputs name, in the order of the inputs; those of a folder or glob by name. A glob that a shell has
/// left alone is expanded here. Throws parsae::FileError for an input without files and for a file that is named twice.
[[nodiscard]] inline std::vector<std::filesystem::path> expand_inputs(const DataOptions& options) {
  std::vector<std::filesystem::path> files;
  for (const std::string& input : options.inputs) {
    const bool exists = std::filesystem::exists(input);
    std::vector<std::filesystem::path> more{input};
    if (exists && std::filesystem::is_directory(input))
      more = detail::files_of_folder(input, options.dim > 0);
    else if (!exists && input.find_first_of("*?[") != std::string::npos)
      more = detail::matches_of(input);
    else if (!exists)
      throw parsae::FileError(input, "no such file or folder");
    files.insert(files.end(), more.begin(), more.end());
  }
  std::set<std::filesystem::path> seen;
  for (const std::filesystem::path& file : files)
    if (!seen.insert(std::filesystem::canonical(file)).second) throw parsae::FileError(file, "is named twice");
  return files;
}

}  // namespace parsae_cli
