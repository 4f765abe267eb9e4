// SPDX-License-Identifier: MIT
#pragma once

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

namespace parsae_benchmarks {

/// The progress line of a table whose rows take nobody knows how many training runs: a row never claims more than the
/// share that was expected of it.
class RowProgress {
 public:
  /// Ctrl-C was pressed, and the run that was going on is over.
  struct Interrupted {};

  RowProgress(double expected_runs, std::size_t n_rows, parsae_examples::ProgressBar::Style style)
      : bar_({.total = expected_runs, .style = style}), n_rows_(n_rows) {}

  void begin_row(double expected_runs) {
    expected_of_row_ = expected_runs;
    runs_of_row_ = 0;
  }

  /// Throws Interrupted instead where Ctrl-C was pressed.
  void begin_run(const std::string& what) {
    if (parsae_examples::Interrupt::requested()) throw Interrupted();
    const double within = std::min(runs_of_row_, 0.9 * expected_of_row_);
    bar_.update(done_ + within, std::to_string(rows_done_) + "/" + std::to_string(n_rows_) + " rows", what);
    ++runs_of_row_;
  }

  void end_row() {
    done_ += expected_of_row_;
    ++rows_done_;
    begin_row(0);
  }

  /// What is not a row, `part` of the way (0 to 1) through as much work as `runs`.
  void tell(double runs, double part, const std::string& stage, const std::string& what) {
    bar_.update(done_ + part * runs, stage, what);
  }

  void clear() { bar_.clear(); }

 private:
  parsae_examples::ProgressBar bar_;
  std::size_t n_rows_;
  std::size_t rows_done_ = 0;
  double done_ = 0;
  double runs_of_row_ = 0;
  double expected_of_row_ = 0;
};

}  // namespace parsae_benchmarks
