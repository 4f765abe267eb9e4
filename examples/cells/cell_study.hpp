// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "options.hpp"
#include "results.hpp"
#include "watch.hpp"

namespace parsae_examples::cells {

struct CellData;

/// Part two: real cells, or simulated ones where there are none.
class CellStudy {
 public:
  /// Reads the cells. Throws parsae::FileError for a bad file, std::invalid_argument where settings do not fit the
  /// cells.
  explicit CellStudy(const Options& options);
  ~CellStudy();
  CellStudy(const CellStudy&) = delete;
  CellStudy& operator=(const CellStudy&) = delete;

  /// What the cells are, for people.
  [[nodiscard]] std::string description() const;

  /// Whether these are no real cells, for want of any.
  [[nodiscard]] bool is_simulated() const;

  /// Roughly, in seconds of two cores.
  [[nodiscard]] double cost() const;

  /// Adds to the results; false when it was stopped.
  [[nodiscard]] bool run(Watch& watch, Results& results) const;

 private:
  Options options_;
  std::unique_ptr<const CellData> data_;
};

}  // namespace parsae_examples::cells
