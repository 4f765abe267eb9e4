// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/packed_row.hpp>
#include <parsae/sparse/sparse_code.hpp>
#include <parsae/sparse/transpose.hpp>

#include <algorithm>
#include <array>
#include <bit>

namespace parsae::inline PARSAE_ABI {

/// Moves the entries of one panel of latents from the order of samples to that of latents: a square block of rows is
/// unpacked, transposed in registers, and packed again. An empty place costs nearly as much as an entry, so this is for
/// codes that are not sparse.
/// \tparam Used  UsedLatents<Scalar>
template <class Scalar, class Used>
struct TransposedRows {
  using Pack = Simd<Scalar>;
  static constexpr Index width = PackedRow<Scalar>::width;
  static constexpr Index side = Pack::width;  ///< of a block

  template <std::size_t n>
  using From = std::array<const Scalar*, n>;
  template <std::size_t n>
  using To = std::array<Scalar*, n>;

  const SparseCode<Scalar>& code;
  const Used& used;
  SampleId* samples;  ///< one for each stored entry, in the order of latents

  /// \param offsets  for each latent, where its entries begin
  /// \param from, to  arrays with a value for each stored entry
  template <std::size_t n>
  void move(Index panel, const Buffer<Index>& offsets, const From<n>& from, const To<n>& to) const {
    const Index n_latents = std::min(width, used.size() - panel * width);
    for (Index at = 0; at < n_latents; at += side) {
      Places places;
      for (Index r = 0; r < side; ++r)
        places.end[r] = at + r < n_latents ? offsets[used.latent(panel * width + at + r)] : 0;
      for (Index i = 0; i < code.n_samples(); i += side * n_blocks) {
        const Index count = std::min(n_blocks, divide_up(code.n_samples() - i, side));
        for (Index b = 0; b < count; ++b) find(panel, at, i + b * side, places, places.blocks[b]);
        for (std::size_t array = 0; array < n; ++array)
          for (Index b = 0; b < count; ++b) move_block(places.blocks[b], from[array], to[array]);
        for (Index b = 0; b < count; ++b)
          for (Index r = 0; r < side; ++r)
            PackedRow<Scalar>::ids(places.blocks[b].columns[r], static_cast<SampleId>(i + b * side),
                                   samples + places.blocks[b].to[r]);
      }
    }
  }

 private:
  static constexpr std::uint32_t lanes = (1U << side) - 1;

  /// Blocks of one array after each other: they write to the same lines, which the arrays together would drive out of
  /// the first-level cache.
  static constexpr Index n_blocks = 4;

  /// Where a block's rows begin in the code, and its columns in the order of latents.
  struct Block {
    Index from[std::size_t{side}];
    Index to[std::size_t{side}];
    std::uint32_t rows[std::size_t{side}];
    std::uint32_t columns[std::size_t{side}];
  };
  struct Places {
    Block blocks[std::size_t{n_blocks}];
    Index end[std::size_t{side}];  ///< of what is moved, for each latent
  };

  /// The latents [at, at + side) of the panel, and `side` samples from `first` on.
  void find(Index panel, Index at, Index first, Places& places, Block& block) const {
    const std::uint32_t* words = used.strip_bits(panel, first);
    for (Index s = 0; s < side; ++s) {
      block.rows[s] = words[s] >> at & lanes;
      block.from[s] = block.rows[s] == 0
                          ? 0
                          : used.first_entry(code, panel, first + s) + std::popcount(words[s] & ((1U << at) - 1));
    }
    for (Index r = 0; r < side; ++r) {
      block.columns[r] = column(words, at + r);
      block.to[r] = places.end[r];
      places.end[r] += std::popcount(block.columns[r]);
    }
  }

  static void move_block(const Block& block, const Scalar* from, Scalar* to) {
    typename Pack::Lanes lines[std::size_t{side}];
#pragma GCC unroll 16
    for (Index s = 0; s < side; ++s)
      lines[s] = Pack::expand(Pack::load_first(from + block.from[s], std::popcount(block.rows[s])), block.rows[s]);
    Transpose<Scalar>::apply(lines);
#pragma GCC unroll 16
    for (Index r = 0; r < side; ++r)
      Pack::store_first(to + block.to[r], Pack::compress(lines[r], block.columns[r]), std::popcount(block.columns[r]));
  }

  /// Bit s: words[s] has the bit `place`.
  [[nodiscard]] static std::uint32_t column(const std::uint32_t* words, Index place) {
#if defined(__AVX512F__)
    if constexpr (side == 16) return _mm512_test_epi32_mask(_mm512_loadu_si512(words), _mm512_set1_epi32(1 << place));
#endif
    std::uint32_t bits = 0;
    for (Index s = 0; s < side; ++s) bits |= (words[s] >> place & 1U) << s;
    return bits;
  }
};

}  // namespace parsae::inline PARSAE_ABI
