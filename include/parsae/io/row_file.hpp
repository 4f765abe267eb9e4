// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/slice.hpp>

#include <filesystem>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// Rows (samples) of one file, read on demand: the one place where the format of a file is chosen at run time.
/// open_row_file() makes the right one. An object serves one thread at a time.
///
/// Opening and reading throw FileError. What a file claims is believed only as far as its real size can justify.
class RowFile {
 public:
  RowFile() = default;
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;
  virtual ~RowFile() = default;

  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
  [[nodiscard]] virtual Index n_rows() const = 0;
  [[nodiscard]] virtual Index n_inputs() const = 0;  ///< numbers a row, >= 1

  /// Fills `out` with consecutive rows, sample after sample, as float32. Values stay as they are: NaN and infinity
  /// are allowed, and a number beyond the range of float becomes infinite.
  /// \param first_row  0 <= first_row, and all rows that are asked for exist
  /// \param out        its size is a multiple of n_inputs()
  virtual void read(Index first_row, Slice<float> out) = 0;

  /// One line for people: format, element type, shape, order.
  [[nodiscard]] virtual std::string description() const = 0;

 protected:
  /// The number of rows that `out` holds; std::invalid_argument when read() cannot fill it.
  [[nodiscard]] Index require_rows(Index first_row, Slice<float> out) const {
    if (out.size() % n_inputs() != 0) reject("out", "whole rows of " + std::to_string(n_inputs()), out.size());
    const Index count = out.size() / n_inputs();
    require_between("first_row", first_row, Index{0}, n_rows());
    require_between("rows to read", count, Index{0}, n_rows() - first_row);
    return count;
  }
};

}  // namespace parsae::inline PARSAE_ABI
