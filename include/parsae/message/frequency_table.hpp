// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/slice.hpp>
#include <parsae/message/range_decoder.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Frequencies of symbols 0 to n - 1 as a RangeEncoder takes them, each at most `precision` bits: the counts
/// themselves where all of them together are below 2^precision, otherwise in proportion to them, at least 1 for what
/// was counted. What was not counted has frequency 0 and cannot be coded.
/// \param precision  1 to 24
inline void append_frequencies(Slice<const std::int64_t> counts, int precision, Buffer<std::uint32_t>& frequencies) {
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  const std::int64_t most = std::int64_t{1} << precision;
  for (const std::int64_t count : counts) {
    std::int64_t frequency = count;
    if (total > most && count > 0) {
      const double share = static_cast<double>(count) / static_cast<double>(total);
      frequency = std::clamp<std::int64_t>(std::llround(share * static_cast<double>(most)), 1, most);
    }
    frequencies.push_back(static_cast<std::uint32_t>(frequency));
  }
}

/// A static model of symbols 0 to n - 1, n >= 1: symbol s has probability frequency(s) / total.
class FrequencyTable {
 public:
  FrequencyTable() = default;

  /// \param frequencies  n >= 1, not all zero, sum at most 2^32; std::invalid_argument otherwise
  explicit FrequencyTable(Slice<const std::uint32_t> frequencies) {
    require_at_least("FrequencyTable symbols", frequencies.size(), Index{1});
    sums_.reserve(frequencies.size() + 1);
    sums_.push_back(0);
    for (const std::uint32_t frequency : frequencies) sums_.push_back(sums_.back() + frequency);
    require_between("FrequencyTable total", total(), std::uint64_t{1}, SymbolInterval::largest_total);
  }

  [[nodiscard]] Index n_symbols() const { return sums_.size() - 1; }
  [[nodiscard]] std::uint64_t total() const { return sums_.back(); }

  /// size is 0 for a symbol that cannot be coded.
  [[nodiscard]] SymbolInterval interval(Index symbol) const {
    return {.begin = sums_[symbol], .size = sums_[symbol + 1] - sums_[symbol], .total = total()};
  }

  [[nodiscard]] Index decode(RangeDecoder& decoder) const {
    const std::uint64_t part = decoder.part_of(total());
    const Index symbol = std::upper_bound(sums_.begin(), sums_.end(), part) - sums_.begin() - 1;
    decoder.take(interval(symbol));
    return symbol;
  }

 private:
  Buffer<std::uint64_t> sums_;  // n + 1: of the frequencies before each symbol
};

}  // namespace parsae::inline PARSAE_ABI
