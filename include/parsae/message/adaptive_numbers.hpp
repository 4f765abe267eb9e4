// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/adaptive_symbols.hpp>

#include <bit>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// A model of whole numbers that learns how many binary digits they have (Elias' gamma code with an adaptive length);
/// the digits behind the first cost a bit each.
class AdaptiveNumbers {
 public:
  /// \param most_digits  0 to 32: numbers are below 2^most_digits
  explicit AdaptiveNumbers(int most_digits) : n_digits_(most_digits + 1) {}

  template <class Encoder>
  void encode(Encoder& encoder, std::uint32_t number) {
    const int digits = static_cast<int>(std::bit_width(number));
    n_digits_.encode(encoder, digits);
    if (digits > 1) encode_uniform(encoder, number - (std::uint32_t{1} << (digits - 1)), digits - 1);
  }

  [[nodiscard]] std::uint32_t decode(RangeDecoder& decoder) {
    const int digits = static_cast<int>(n_digits_.decode(decoder));
    if (digits <= 1) return static_cast<std::uint32_t>(digits);
    return (std::uint32_t{1} << (digits - 1)) + static_cast<std::uint32_t>(decode_uniform(decoder, digits - 1));
  }

 private:
  AdaptiveSymbols n_digits_;
};

}  // namespace parsae::inline PARSAE_ABI
