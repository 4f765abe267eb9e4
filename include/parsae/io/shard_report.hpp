// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// What became of the rows that a ShardSource has come to.
struct ShardReport {
  struct Counts {
    std::int64_t handed_out = 0;
    std::int64_t not_finite = 0;  ///< left out because of NaN or infinity
    std::int64_t outliers = 0;    ///< left out because of their norm

    [[nodiscard]] std::int64_t skipped() const { return not_finite + outliers; }
    [[nodiscard]] std::int64_t read() const { return handed_out + skipped(); }
  };

  struct File {
    std::filesystem::path path;
    Index n_rows = 0;
    Counts counts{};
  };

  std::vector<File> files;  ///< in the order in which they were given
  Counts total;
  double largest_norm = 0;  ///< rows with a larger norm are left out; 0: none

  /// For people, a line for each file with skipped rows; empty when nothing was skipped.
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const File& file : files) {
      if (file.counts.skipped() == 0) continue;
      text += file.path.string() + ": skipped " + std::to_string(file.counts.skipped()) + " of " +
              std::to_string(file.counts.read()) + " rows (" + std::to_string(file.counts.not_finite) +
              " not finite, " + std::to_string(file.counts.outliers) + " with an outlying norm)\n";
    }
    return text;
  }
};

}  // namespace parsae::inline PARSAE_ABI
