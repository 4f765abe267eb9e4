// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/npy_rows.hpp>
#include <parsae/io/raw_rows.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/row_file_settings.hpp>
#include <parsae/io/safetensors_rows.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// ".csv.gz" as ".csv": the extension that says what the content is, in lower case.
[[nodiscard]] inline std::string content_extension(const std::filesystem::path& path) {
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  };
  const std::string extension = lower(path.extension().string());
  return extension == ".gz" ? lower(path.stem().extension().string()) : extension;
}

}  // namespace detail

/// The rows of a file, whose format is chosen by its extension: .npy, .safetensors; any other is
/// a file without header when settings.raw_dim says so. Throws FileError for a file that cannot be read as that, or
/// whose extension is unknown; std::invalid_argument for settings outside their ranges.
[[nodiscard]] inline std::unique_ptr<RowFile> open_row_file(const std::filesystem::path& path,
                                                            const RowFileSettings& settings = {}) {
  const std::string extension = detail::content_extension(path);
  if (extension == ".npy") return open_npy_rows(path);
  if (extension == ".safetensors") return open_safetensors_rows(path, settings);
  if (settings.raw_dim != 0) return open_raw_rows(path, settings);
  throw FileError(path, "unknown extension '" + extension +
                            "'; supported: .npy, .npz, .safetensors, .csv, .tsv (these two also .gz), and files of "
                            "numbers without header, for which raw_dim has to be set");
}

}  // namespace parsae::inline PARSAE_ABI
