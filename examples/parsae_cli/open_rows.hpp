// SPDX-License-Identifier: MIT
#pragma once

#ifdef PARSAE_CLI_WITH_HDF5
#include <parsae/hdf5/open_h5_rows.hpp>
#else
#include <parsae/io/open_row_file.hpp>
#endif

#include <filesystem>
#include <memory>

namespace parsae_cli {

/// Any file of rows that this build can read; without HDF5 its files are refused with a word on what they need.
[[nodiscard]] inline std::unique_ptr<parsae::RowFile> open_rows(const std::filesystem::path& path,
                                                                const parsae::RowFileSettings& settings) {
#ifdef PARSAE_CLI_WITH_HDF5
  return parsae::open_row_file_or_h5(path, settings);
#else
  return parsae::open_row_file(path, settings);
#endif
}

}  // namespace parsae_cli
