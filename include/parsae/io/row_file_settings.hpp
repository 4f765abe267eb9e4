// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <string>

namespace parsae::inline PARSAE_ABI {

/// What open_row_file() has to be told where a file does not say it.
struct RowFileSettings {
  enum class CsvHeader {
    Detect,  ///< the first line is a header when one of its cells is not a number
    Present,
    Absent
  };

  std::string array{};           ///< which one inside an .npz or .safetensors file; empty: the only one
  Index raw_dim = 0;             ///< numbers a row of a file without header, >= 1; 0: such files are refused
  std::string raw_dtype = "f4";  ///< their type: f2 bf16 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8, '>' before it for big-endian
  Index raw_skip_bytes = 0;      ///< bytes before the first row, >= 0
  char csv_delimiter = '\0';     ///< between cells; NUL: a tab for .tsv, else a comma
  CsvHeader csv_header = CsvHeader::Detect;
};

}  // namespace parsae::inline PARSAE_ABI
