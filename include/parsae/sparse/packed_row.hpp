// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>

#include <bit>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// A row of a register tile, and those of its entries that a code stores: bit j stands for entry j. Packed entries lie
/// side by side, ascending. Whole vectors at a time, since nobody can foresee where a row of bits ends (the sampled
/// product of half of 512 latents in 512 samples, one core: 0.72 -> 0.46 ms).
template <class Scalar>
struct PackedRow {
  using Pack = Simd<Scalar>;
  static constexpr Index width = PanelProduct<Scalar>::latents;

  /// Bit j: row[j] > threshold; never for NaN.
  [[nodiscard]] static std::uint32_t above(const Scalar* row, Scalar threshold) {
    std::uint32_t bits = 0;
    for (Index at = 0; at < width; at += Pack::width)
      bits |= (~Pack::not_below(Pack::broadcast(threshold), Pack::load(row + at)) & lanes) << at;
    return bits;
  }

  /// Writes the entries of `row` whose bit is set, and nothing behind them.
  static void pack(const Scalar* row, std::uint32_t bits, Scalar* to) {
    for (Index at = 0; at < width; at += Pack::width) {
      const std::uint32_t part = bits >> at & lanes;
      const Index count = std::popcount(part);
      Pack::store_first(to, Pack::compress(Pack::load(row + at), part), count);
      to += count;
    }
  }

  /// row[j] = the next packed entry where bit j is set, otherwise 0.
  static void unpack(const Scalar* from, std::uint32_t bits, Scalar* row) {
    for (Index at = 0; at < width; at += Pack::width) {
      const std::uint32_t part = bits >> at & lanes;
      const Index count = std::popcount(part);
      Pack::store(row + at, Pack::expand(Pack::load_first(from, count), part));
      from += count;
    }
  }

  /// `count` <= 32 packed entries, and nothing behind them.
  static void copy(const Scalar* from, Index count, Scalar* to) {
    for (; count >= Pack::width; count -= Pack::width, from += Pack::width, to += Pack::width)
      Pack::store(to, Pack::load(from));
    if (count > 0) Pack::store_first(to, Pack::load_first(from, count), count);
  }

  /// Writes first + j for every bit j, and nothing behind them.
  static void ids(std::uint32_t bits, std::int32_t first, std::int32_t* to) {
#if defined(__AVX512F__)
    const __m512i each = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int at = 0; at < 32; at += 16) {
      const auto part = static_cast<__mmask16>(bits >> at);
      const int count = std::popcount(bits >> at & 0xFFFFU);
      const __m512i packed = _mm512_maskz_compress_epi32(part, _mm512_add_epi32(each, _mm512_set1_epi32(first + at)));
      _mm512_mask_storeu_epi32(to, static_cast<__mmask16>((1U << count) - 1), packed);
      to += count;
    }
#else
    for (; bits != 0; bits &= bits - 1) *to++ = first + std::countr_zero(bits);
#endif
  }

 private:
  static constexpr std::uint32_t lanes = (1U << Pack::width) - 1;
};

}  // namespace parsae::inline PARSAE_ABI
