// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/message/presence_levels.hpp>
#include <parsae/message/range_decoder.hpp>

#include <algorithm>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Codes which of many yes/no decisions in a row is the next yes, at the price of the single decisions but in one
/// step.
///
/// Decisions are cut into groups, in each of which all are "no" with probability of at least about 1/4. With
/// S_i the probability that the group's decisions before i are all no, the next yes from i on, before `end`, is
///
///     at j with probability (S_j - S_{j + 1}) / S_i,   nowhere with S_end / S_i:
///
/// intervals of one symbol, found by bisection. S is kept in integers of 31 bits.
class SurvivalTable {
 public:
  void reserve(Index n) {
    before_.reserve(n);
    after_.reserve(n);
    group_end_.reserve(n);
  }

  /// Appends a decision with the probability of a level.
  void push_back(const PresenceLevels& levels, std::uint32_t level) {
    const bool is_certain = level == levels.always();
    const bool begins = before_.empty() || is_certain || before_.back() == 0 || after_.back() < smallest;
    if (begins) {
      for (Index i = group_begin_; i < before_.size(); ++i) group_end_[i] = before_.size();
      group_begin_ = before_.size();
    }
    const std::uint64_t before = is_certain ? 0 : begins ? whole : after_.back();
    const std::uint64_t yes = before * levels.numerator(level) >> levels.denominator_bits();
    // What may be yes must not be lost to rounding; 31 bits are enough for the finest level in a whole group.
    const std::uint64_t kept = is_certain || level == 0 ? yes : std::max<std::uint64_t>(yes, 1);
    before_.push_back(static_cast<std::uint32_t>(before));
    after_.push_back(static_cast<std::uint32_t>(before - kept));
    group_end_.push_back(0);
  }

  /// After the last push_back.
  void finish() {
    for (Index i = group_begin_; i < before_.size(); ++i) group_end_[i] = before_.size();
  }

  [[nodiscard]] Index size() const { return before_.size(); }

  /// One step reaches to here, at most.
  [[nodiscard]] Index group_end(Index i) const { return group_end_[i]; }

  /// Yes with certainty: nothing is coded.
  [[nodiscard]] bool is_certain(Index i) const { return before_[i] == 0; }

  /// The next yes from i on is at j; size 0 when j cannot be yes. i <= j < group_end(i), not certain.
  [[nodiscard]] SymbolInterval yes_at(Index i, Index j) const {
    return {.begin = std::uint64_t{before_[i]} - before_[j],
            .size = std::uint64_t{before_[j]} - after_[j],
            .total = before_[i]};
  }

  /// There is no yes from i on before `end`. i < end <= group_end(i), not certain.
  [[nodiscard]] SymbolInterval none_before(Index i, Index end) const {
    const std::uint64_t survived = after_[end - 1];
    return {.begin = before_[i] - survived, .size = survived, .total = before_[i]};
  }

  /// The next yes in [i, end), or end. i < end <= group_end(i), not certain.
  [[nodiscard]] Index decode(RangeDecoder& decoder, Index i, Index end) const {
    const SymbolInterval none = none_before(i, end);
    if (none.size == none.total) return end;
    const std::uint64_t part = decoder.part_of(none.total);
    if (part >= none.begin) {
      decoder.take(none);
      return end;
    }
    const std::uint64_t above = before_[i] - part;
    const auto has_survived = [&](std::uint32_t survival) { return survival >= above; };
    const Index j = std::partition_point(after_.begin() + i, after_.begin() + end, has_survived) - after_.begin();
    decoder.take(yes_at(i, j));
    return j;
  }

 private:
  static constexpr std::uint64_t whole = std::uint64_t{1} << 31;
  static constexpr std::uint64_t smallest = whole / 4;

  Buffer<std::uint32_t> before_;  // S_i within its group; 0: certain
  Buffer<std::uint32_t> after_;   // S_{i + 1} of the same group
  Buffer<Index> group_end_;
  Index group_begin_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
