// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/array_choice.hpp>
#include <parsae/io/mapped_rows.hpp>
#include <parsae/io/npy_layout.hpp>
#include <parsae/io/row_file_settings.hpp>
#include <parsae/io/safetensors_reader.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The rows of one tensor [n_samples, ...] of a safetensors file: F64, F32, F16, BF16 or an integer. FileError when the
/// file has several and none is named, or when the tensor is of another type.
[[nodiscard]] inline std::unique_ptr<RowFile> open_safetensors_rows(const std::filesystem::path& path,
                                                                    const RowFileSettings& settings) {
  SafetensorsReader reader(path);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : reader.tensors()) names.push_back(name);
  const std::string name = choose_array(path, names, settings.array);
  const TensorInfo& tensor = reader.info(name);
  const std::optional<ElementType> type = safetensors_element_type(tensor.dtype);
  if (!type) {
    throw FileError(path, "tensor " + detail::json_quoted(name) + ": the dtype " + detail::json_quoted(tensor.dtype) +
                              " is not supported here; supported: F64, F32, F16, BF16 and integers");
  }
  require_samples(path, tensor.shape.slice());
  const ArrayLayout layout(*type, tensor.shape.slice(), ArrayLayout::Order::C);
  const Index begin = reader.offset(name);
  return std::make_unique<MappedRows>(std::move(reader).take_file(), layout, begin,
                                      "safetensors " + detail::json_quoted(name));
}

}  // namespace parsae::inline PARSAE_ABI
