// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/message/symbol_interval.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Writes symbols as bytes, at their price in bits: an arithmetic coder on integers (a range coder, Martin 1979).
///
///     RangeEncoder encoder;
///     encoder.encode({.begin = 3, .size = 2, .total = 10});
///     const Buffer<std::byte> bytes = encoder.finish();
///
/// The message is a number in [low, low + range), of which every symbol keeps its part. Bytes leave at the top as soon
/// as range is below 2^56; range / total is then at least 2^24, so rounding costs less than 1e-7 of a bit a symbol. An
/// addition that overflows `low` is carried into the bytes that have left: back over those that are 0xff. Whole streams
/// are within 8 bytes of the sum of their prices.
///
/// The same symbols give the same bytes on every machine: there is no floating-point number in it.
class RangeEncoder {
 public:
  void encode(const SymbolInterval& symbol) {
    const std::uint64_t unit = range_ / symbol.total;
    const std::uint64_t below = unit * symbol.begin;
    add(below);
    // What rounding leaves belongs to the last symbol.
    range_ = symbol.begin + symbol.size == symbol.total ? range_ - below : unit * symbol.size;
    while (range_ < smallest_range) {
      bytes_.push_back(static_cast<std::byte>(low_ >> 56));
      low_ <<= 8;
      range_ <<= 8;
    }
  }

  /// The bytes of all symbols, as few as identify the message: a reader takes zeros for what follows. Afterwards the
  /// encoder begins anew.
  [[nodiscard]] Buffer<std::byte> finish() {
    int kept = 0;
    std::uint64_t up = 0;  // what takes low to the next number that ends in zeros after `kept` bytes
    for (; kept < 8; ++kept) {
      const std::uint64_t dropped = ~std::uint64_t{0} >> (8 * kept);
      up = (0 - low_) & dropped;
      if (up < range_) break;
      up = 0;
    }
    add(up);
    for (int i = 0; i < kept; ++i) bytes_.push_back(static_cast<std::byte>(low_ >> (56 - 8 * i)));
    Buffer<std::byte> result = std::move(bytes_);
    *this = RangeEncoder();
    return result;
  }

 private:
  static constexpr std::uint64_t smallest_range = std::uint64_t{1} << 56;

  void add(std::uint64_t more) {
    low_ += more;
    if (low_ >= more) return;
    Index at = bytes_.size() - 1;  // the message is below 1, so a carry ends within it
    while (bytes_[at] == std::byte{0xff}) bytes_[at--] = std::byte{0};
    bytes_[at] = static_cast<std::byte>(std::to_integer<unsigned>(bytes_[at]) + 1);
  }

  Buffer<std::byte> bytes_;
  std::uint64_t low_ = 0;
  std::uint64_t range_ = ~std::uint64_t{0};
};

}  // namespace parsae::inline PARSAE_ABI
