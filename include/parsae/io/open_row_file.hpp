// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/csv_rows.hpp>
#include <parsae/io/npy_rows.hpp>
#include <parsae/io/npz_rows.hpp>
#include <parsae/io/raw_rows.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/row_file_settings.hpp>
#include <parsae/io/safetensors_rows.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// The extension in lower case, ".csv.gz" and ".tsv.gz" as ".csv" and ".tsv".
[[nodiscard]] inline std::string content_extension(const std::filesystem::path& path) {
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  };
  const std::string extension = lower(path.extension().string());
  if (extension != ".gz") return extension;
  const std::string inner = lower(path.stem().extension().string());
  return inner == ".csv" || inner == ".tsv" ? inner : extension;
}

inline constexpr std::array<std::string_view, 5> row_file_extensions{".npy", ".npz", ".safetensors", ".csv", ".tsv"};

/// Whether open_row_file() knows the format from the extension.
[[nodiscard]] inline bool has_row_file_extension(const std::filesystem::path& path) {
  const auto* const end = row_file_extensions.end();
  return std::find(row_file_extensions.begin(), end, content_extension(path)) != end;
}

[[nodiscard]] inline std::string row_file_extensions_text() {
  std::string text;
  for (const std::string_view extension : row_file_extensions)
    text += (text.empty() ? "" : ", ") + std::string(extension);
  return text + " (the last two also .gz)";
}

}  // namespace detail

/// The rows of a file, whose format is chosen by its extension: .npy, .npz, .safetensors, .csv and .tsv (plain or
/// compressed by gzip); any other is a file without header when settings.raw_dim says so. Throws FileError for a file
/// that cannot be read as that, or whose extension is unknown; std::invalid_argument for settings outside their ranges.
[[nodiscard]] inline std::unique_ptr<RowFile> open_row_file(const std::filesystem::path& path,
                                                            const RowFileSettings& settings = {}) {
  const std::string extension = detail::content_extension(path);
  if (extension == ".npy") return open_npy_rows(path);
  if (extension == ".npz") return std::make_unique<NpzRows>(path, settings);
  if (extension == ".csv") return std::make_unique<CsvRows>(path, settings, ',');
  if (extension == ".tsv") return std::make_unique<CsvRows>(path, settings, '\t');
  if (extension == ".safetensors") return open_safetensors_rows(path, settings);
  if (settings.raw_dim != 0) return open_raw_rows(path, settings);
  throw FileError(path, "unknown extension '" + extension + "'; supported: " + detail::row_file_extensions_text() +
                            ", and files of numbers without header, for which raw_dim has to be set");
}

}  // namespace parsae::inline PARSAE_ABI
