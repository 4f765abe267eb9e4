// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/shuffle.hpp>
#include <parsae/io/shard_settings.hpp>

#include <algorithm>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Consecutive rows of one file.
struct RowRun {
  Index file = 0;
  Index first_row = 0;
  Index count = 0;
};

/// The order in which one pass goes through the files. Depends on (seed, pass, rows of each file) alone.
class ShardPass {
 public:
  /// \param n_rows  of each file; at least one row in all
  ShardPass(Slice<const Index> n_rows, ShardSettings::Order order, std::uint64_t seed, std::int64_t pass) {
    for (Index file = 0; file < n_rows.size(); ++file) {
      if (n_rows[file] > 0) files_.push_back(file);
    }
    if (order == ShardSettings::Order::Shuffled)
      shuffle(files_.slice(), Random(seed, Draws::Order, static_cast<std::uint64_t>(pass)));
    Index end = 0;
    for (const Index file : files_) ends_.push_back(end += n_rows[file]);
  }

  [[nodiscard]] Index n_rows() const { return ends_.back(); }

  /// Where row `row` of the pass is, with those that follow it in the same file; 0 <= row < n_rows().
  [[nodiscard]] RowRun locate(Index row) const {
    const Index place = std::upper_bound(ends_.begin(), ends_.end(), row) - ends_.begin();
    const Index begin = place == 0 ? 0 : ends_[place - 1];
    return {files_[place], row - begin, ends_[place] - row};
  }

 private:
  Buffer<Index> files_;  // those with rows, in the order of this pass
  Buffer<Index> ends_;   // rows of this pass up to the end of each
};

}  // namespace parsae::inline PARSAE_ABI
