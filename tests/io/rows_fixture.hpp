// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/row_file.hpp>

#include <vector>

namespace parsae::test {

/// Rows [first, first + count) as one run of numbers.
[[nodiscard]] inline std::vector<float> rows_of(RowFile& file, Index first, Index count) {
  std::vector<float> values(static_cast<std::size_t>(count * file.n_inputs()));
  file.read(first, Slice<float>(values.data(), count * file.n_inputs()));
  return values;
}

[[nodiscard]] inline std::vector<float> all_rows(RowFile& file) { return rows_of(file, 0, file.n_rows()); }

}  // namespace parsae::test
