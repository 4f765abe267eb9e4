// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/abi.hpp>

#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// A symbol as an arithmetic coder sees it: `size` of `total` equal parts, from `begin` on. Its probability is size /
/// total.
///
/// 1 <= size, begin + size <= total <= 2^32.
struct SymbolInterval {
  std::uint64_t begin = 0;
  std::uint64_t size = 1;
  std::uint64_t total = 1;

  static constexpr std::uint64_t largest_total = std::uint64_t{1} << 32;

  /// What the symbol costs in bits; negative zero never.
  [[nodiscard]] double bits() const { return std::log2(static_cast<double>(total) / static_cast<double>(size)); }
};

/// `value` < 2^n_bits with n_bits <= 32, every value at the same price.
template <class Encoder>
void encode_uniform(Encoder& encoder, std::uint64_t value, int n_bits) {
  if (n_bits > 0) encoder.encode({.begin = value, .size = 1, .total = std::uint64_t{1} << n_bits});
}

}  // namespace parsae::inline PARSAE_ABI
