// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// The order in which the rows of one pass leave a mixing buffer: numbers only, no rows.
///
/// Rows arrive one after another, 0 to n_rows - 1. The buffer takes the first of them; then, in rounds, a random half
/// of it leaves in random order, and every slot that becomes free takes the next row that arrives. When no more arrive,
/// everything that is left leaves in random order. The order depends on n_rows, the size of the buffer and the random
/// stream alone, so that a position in a pass can be found again without reading a row.
class MixingOrder {
 public:
  struct Step {
    Index row = 0;                  ///< the row that leaves
    Index slot = 0;                 ///< where it was, 0 to n_slots() - 1
    std::optional<Index> refilled;  ///< the row that takes its place; none when all have arrived
  };

  /// \param n_rows       rows of the pass, >= 1
  /// \param buffer_rows  >= 1; 1 leaves the rows as they arrive
  MixingOrder(Index n_rows, Index buffer_rows, const Random& random) : random_(random), n_rows_(n_rows) {
    require_at_least("MixingOrder rows", n_rows, Index{1});
    require_at_least("MixingOrder buffer_rows", buffer_rows, Index{1});
    arrived_ = std::min(n_rows, buffer_rows);
    for (Index slot = 0; slot < arrived_; ++slot) {
      slots_.push_back(slot);
      row_in_.push_back(slot);
    }
    begin_round();
  }

  [[nodiscard]] Index n_slots() const { return row_in_.size(); }

  /// Rows 0 to n_arrived() - 1 are in the buffer or have left.
  [[nodiscard]] Index n_arrived() const { return arrived_; }

  /// Rows that have left.
  [[nodiscard]] Index n_left() const { return step_; }
  [[nodiscard]] bool is_finished() const { return step_ == n_rows_; }

  /// The row in each slot; -1 for a slot that stays empty.
  [[nodiscard]] Slice<const Index> rows() const { return row_in_.slice(); }

  /// The next row to leave; not when is_finished().
  Step next() {
    if (in_round_ == round_size_) end_round();
    const auto rest = static_cast<std::uint64_t>(slots_.size() - in_round_);
    const Index chosen = in_round_ + static_cast<Index>(random_.below(rest, static_cast<std::uint64_t>(step_)));
    std::swap(slots_[in_round_], slots_[chosen]);
    Step step{.row = 0, .slot = slots_[in_round_], .refilled = std::nullopt};
    step.row = std::exchange(row_in_[step.slot], -1);
    if (arrived_ < n_rows_) {
      step.refilled = row_in_[step.slot] = arrived_++;
      ++n_refilled_;
    }
    ++in_round_;
    ++step_;
    return step;
  }

 private:
  /// Slots that stayed empty have no part in the next round. They are the last of this round: it is only once that
  /// rows run out.
  void end_round() {
    std::copy(slots_.begin() + round_size_, slots_.end(), slots_.begin() + n_refilled_);
    slots_.resize(slots_.size() - (round_size_ - n_refilled_));
    begin_round();
  }

  void begin_round() {
    round_size_ = arrived_ < n_rows_ ? std::max<Index>(slots_.size() / 2, 1) : slots_.size();
    in_round_ = 0;
    n_refilled_ = 0;
  }

  Random random_;
  Index n_rows_;
  Index arrived_ = 0;
  Index step_ = 0;
  Index round_size_ = 0;
  Index in_round_ = 0;    // rows that left in this round
  Index n_refilled_ = 0;  // of their slots, those that were taken again
  Buffer<Index> slots_;   // those with a row, those of this round first
  Buffer<Index> row_in_;  // by slot
};

}  // namespace parsae::inline PARSAE_ABI
