// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/io/mapped_rows.hpp>
#include <parsae/io/row_file_settings.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// The rows of a file that holds nothing but numbers, after `raw_skip_bytes` bytes of anything: raw_dim numbers of type
/// raw_dtype a row. FileError unless the rest of the file is whole rows; std::invalid_argument for settings outside
/// their ranges.
[[nodiscard]] inline std::unique_ptr<RowFile> open_raw_rows(const std::filesystem::path& path,
                                                            const RowFileSettings& settings) {
  require_between("raw_dim", settings.raw_dim, Index{1}, Index{1} << 40);
  require_at_least("raw_skip_bytes", settings.raw_skip_bytes, Index{0});
  const std::optional<ElementType> type = raw_element_type(settings.raw_dtype);
  if (!type) {
    reject("raw_dtype", "one of bf16, " + std::string(detail::numpy_types_text) + ", with '>' before it for big-endian",
           settings.raw_dtype);
  }
  MappedFile file(path);
  if (file.size() < settings.raw_skip_bytes) {
    throw FileError(path,
                    "truncated: expected " + std::to_string(settings.raw_skip_bytes) + " bytes to skip, got " +
                        std::to_string(file.size()),
                    static_cast<std::uint64_t>(file.size()));
  }
  const Index row_bytes = settings.raw_dim * type->size();
  const Index data_bytes = file.size() - settings.raw_skip_bytes;
  if (data_bytes % row_bytes != 0) {
    throw FileError(path,
                    "expected whole rows of " + std::to_string(settings.raw_dim) + " '" + type->name() + "' (" +
                        std::to_string(row_bytes) + " bytes), got " + std::to_string(data_bytes) + " bytes",
                    static_cast<std::uint64_t>(file.size() - data_bytes % row_bytes));
  }
  const std::array<Index, 2> shape{data_bytes / row_bytes, settings.raw_dim};
  const ArrayLayout layout(*type, Slice<const Index>(shape.data(), 2), ArrayLayout::Order::C);
  return std::make_unique<MappedRows>(std::move(file), layout, settings.raw_skip_bytes, "raw");
}

}  // namespace parsae::inline PARSAE_ABI
