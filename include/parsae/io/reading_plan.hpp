// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/shard_pass.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Which rows are read, in which order, from some place in some pass to the end of the last one: first single rows of
/// that pass (what a mixing buffer holds there), then everything from a row on.
class ReadingPlan {
 public:
  struct Start {
    std::int64_t pass = 0;
    Buffer<Index> rows;  ///< rows of that pass to begin with, ascending
    Index next_row = 0;  ///< and from here on, all
  };

  /// \param n_rows  of each file; at least one row in all
  ReadingPlan(const Buffer<Index>& n_rows, const ShardSettings& settings, Start start)
      : n_rows_(n_rows), settings_(settings), start_(std::move(start)), pass_(pass_layout()) {}

  /// The next rows, at most `most` >= 1 of one file; none (count 0) at the end.
  [[nodiscard]] RowRun next(Index most) {
    if (n_taken_ < start_.rows.size()) return next_single(most);
    while (start_.next_row == pass_.n_rows()) {
      if (settings_.epochs != 0 && start_.pass + 1 >= settings_.epochs) return {};
      ++start_.pass;
      start_.next_row = 0;
      pass_ = pass_layout();
    }
    RowRun run = pass_.locate(start_.next_row);
    run.count = std::min(run.count, most);
    start_.next_row += run.count;
    return run;
  }

 private:
  [[nodiscard]] ShardPass pass_layout() const {
    return {n_rows_.slice(), settings_.order, settings_.seed, start_.pass};
  }

  [[nodiscard]] RowRun next_single(Index most) {
    const Buffer<Index>& rows = start_.rows;
    RowRun run = pass_.locate(rows[n_taken_]);
    most = std::min({most, run.count, rows.size() - n_taken_});
    run.count = 1;
    while (run.count < most && rows[n_taken_ + run.count] == rows[n_taken_] + run.count) ++run.count;
    n_taken_ += run.count;
    return run;
  }

  Buffer<Index> n_rows_;
  ShardSettings settings_;
  Start start_;
  ShardPass pass_;
  Index n_taken_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
