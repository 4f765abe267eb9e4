// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/mapped_rows.hpp>
#include <parsae/io/npy_layout.hpp>

#include <filesystem>
#include <memory>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// The rows of an .npy file of any kind that NpyFile reads.
[[nodiscard]] inline std::unique_ptr<RowFile> open_npy_rows(const std::filesystem::path& path) {
  MappedFile file(path);
  const NpyHeader header = read_npy_header(file);
  const ArrayLayout layout = npy_layout(path, header, file.size() - header.data_begin);
  return std::make_unique<MappedRows>(std::move(file), layout, header.data_begin, "npy");
}

}  // namespace parsae::inline PARSAE_ABI
