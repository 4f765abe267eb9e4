// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/types.hpp>
#include <parsae/io/row_file_settings.hpp>

#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// How a ShardSource reads its files.
struct ShardSettings {
  enum class Order {
    Shuffled,   ///< files in random order, their rows through a mixing buffer
    Sequential  ///< file after file, row after row
  };

  enum class NotFinite {
    Refuse,  ///< FileError that names file and row
    Skip     ///< such rows are left out and counted
  };

  Index batch_size = 1024;  ///< samples a batch, >= 1
  Index epochs = 0;         ///< passes over all files, 0 to 1e9; 0: without end
  Order order = Order::Shuffled;
  std::uint64_t seed = 0;
  Index buffer_rows = 0;                     ///< rows that are mixed, >= 0; 0: as many as fit in 256 MiB
  NotFinite not_finite = NotFinite::Refuse;  ///< what to do with a row that has NaN or infinity
  double max_norm_ratio = 0;  ///< leaves out rows whose norm is more than this, >= 1, times the median; 0: keeps all
  RowFileSettings files{};    ///< for every file

  /// Throws std::invalid_argument for a value outside its range.
  void check() const {
    require_at_least("ShardSettings batch_size", batch_size, Index{1});
    require_between("ShardSettings epochs", epochs, Index{0}, Index{1'000'000'000});
    require_at_least("ShardSettings buffer_rows", buffer_rows, Index{0});
    if (max_norm_ratio == 0 || (max_norm_ratio >= 1 && std::isfinite(max_norm_ratio))) return;
    reject("ShardSettings max_norm_ratio", "0 or a finite value of at least 1", max_norm_ratio);
  }
};

}  // namespace parsae::inline PARSAE_ABI
