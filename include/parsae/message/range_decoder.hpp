// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>
#include <parsae/message/symbol_interval.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Reads what a RangeEncoder wrote, given the same intervals in the same order.
///
///     RangeDecoder decoder(bytes);
///     const std::uint64_t part = decoder.part_of(10);       // 3 or 4: the symbol with begin = 3, size = 2
///     decoder.take({.begin = 3, .size = 2, .total = 10});
///
/// Any bytes may be given: the decoder reads zeros behind their end and never reads outside of them. What comes out of
/// bytes that no encoder wrote are symbols without meaning; is_overrun() tells when they were more than the bytes hold.
/// Memory and time belong to the caller: every loop over symbols needs a bound of its own.
class RangeDecoder {
 public:
  /// \param bytes  outlive the decoder
  explicit RangeDecoder(Slice<const std::byte> bytes) : bytes_(bytes) {
    for (int i = 0; i < 8; ++i) shift_in();
  }

  /// The part, 0 to total - 1, that the message is in: it belongs to the symbol with begin <= part < begin + size.
  [[nodiscard]] std::uint64_t part_of(std::uint64_t total) const {
    return std::min(offset_ / (range_ / total), total - 1);
  }

  void take(const SymbolInterval& symbol) {
    const std::uint64_t unit = range_ / symbol.total;
    const std::uint64_t below = unit * symbol.begin;
    offset_ -= below;
    range_ = symbol.begin + symbol.size == symbol.total ? range_ - below : unit * symbol.size;
    while (range_ < smallest_range) {
      shift_in();
      range_ <<= 8;
    }
  }

  /// Whether more bytes were asked for than the encoder of so few can have written.
  [[nodiscard]] bool is_overrun() const { return position_ > bytes_.size() + 8; }

 private:
  static constexpr std::uint64_t smallest_range = std::uint64_t{1} << 56;

  void shift_in() {
    const unsigned next = position_ < bytes_.size() ? std::to_integer<unsigned>(bytes_[position_]) : 0;
    offset_ = offset_ << 8 | next;
    ++position_;
  }

  Slice<const std::byte> bytes_;
  Index position_ = 0;
  std::uint64_t offset_ = 0;  // of the message from low
  std::uint64_t range_ = ~std::uint64_t{0};
};

/// What encode_uniform wrote.
[[nodiscard]] inline std::uint64_t decode_uniform(RangeDecoder& decoder, int n_bits) {
  if (n_bits == 0) return 0;
  const std::uint64_t total = std::uint64_t{1} << n_bits;
  const std::uint64_t value = decoder.part_of(total);
  decoder.take({.begin = value, .size = 1, .total = total});
  return value;
}

}  // namespace parsae::inline PARSAE_ABI
