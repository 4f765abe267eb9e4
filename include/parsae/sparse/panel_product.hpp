// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/pre_activation.hpp>
#include <parsae/sparse/transpose.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// The dense product behind every pre-activation, one register tile at a time.
///
/// A tile is `samples x latents` accumulators that stay in registers for the whole chain over the inputs: per input it
/// loads two vectors of latents and broadcasts one value per sample, so the multiply-adds outnumber the loads of
/// latents by `samples` to one. Both operands are packed so that the tile reads them in one forward stream.
template <class Scalar>
struct PanelProduct {
  using Pack = Simd<Scalar>;
  using Lanes = typename Pack::Lanes;

  /// 12 x 2 accumulators, two vectors of latents and one broadcast need 27 of 32 registers; 6 x 2 need 15 of 16.
  static constexpr Index samples = Pack::registers == 32 ? 12 : 6;
  static constexpr Index latents = 2 * Pack::width;

  /// Packs `count <= samples` consecutive columns of `n_inputs` entries at `from` (a column every `stride`) as
  /// n_inputs x samples; missing samples are zero.
  static void pack_samples(const Scalar* from, Index stride, Index count, Index n_inputs, Scalar* to) {
    for (Index i = 0; i < samples; ++i)
      for (Index q = 0; q < n_inputs; ++q) to[q * samples + i] = i < count ? from[i * stride + q] : Scalar(0);
  }

  /// Packs `count <= latents` consecutive columns of w_enc as n_inputs x latents; missing latents are zero.
  /// \tparam Word  Scalar, or anything else of its size (low-precision codes go the same way)
  template <class Word>
  static void pack_latents(const Word* from, Index count, Index n_inputs, Word* to) {
    if (n_inputs == 0) return;  // nothing to point into
    const Index left = std::min(count, Pack::width);
    pack_half(from, left, n_inputs, to);
    pack_half(from + left * n_inputs, count - left, n_inputs, to + Pack::width);
  }

  /// pre_acts[i * latents + j] = pre-activation of packed sample i and packed latent j.
  /// \param bias  `latents` entries
  static void multiply(const Scalar* packed_samples, const Scalar* packed_latents, Index n_inputs, const Scalar* bias,
                       Scalar* pre_acts) {
    Accumulators sums;
#pragma GCC unroll 16
    for (Index i = 0; i < samples; ++i) sums.left[i] = sums.right[i] = Lanes{};
    extend_chains(packed_samples, packed_latents, latents, n_inputs, sums);
    const Lanes bias_left = Pack::load(bias);
    const Lanes bias_right = Pack::load(bias + Pack::width);
#pragma GCC unroll 16
    for (Index i = 0; i < samples; ++i) {
      Pack::store(pre_acts + i * latents, sums.left[i] + bias_left);
      Pack::store(pre_acts + i * latents + Pack::width, sums.right[i] + bias_right);
    }
  }

  /// The same kernel for any sum of outer products: tile[i * latents + j] goes on as a chain of multiply_add over
  /// t = 0, 1, ..., count - 1 with a[t * samples + i] and b[t * b_stride + j].
  static void accumulate(const Scalar* a, const Scalar* b, Index b_stride, Index count, Scalar* tile) {
    Accumulators sums;
#pragma GCC unroll 16
    for (Index i = 0; i < samples; ++i) {
      sums.left[i] = Pack::load(tile + i * latents);
      sums.right[i] = Pack::load(tile + i * latents + Pack::width);
    }
    extend_chains(a, b, b_stride, count, sums);
#pragma GCC unroll 16
    for (Index i = 0; i < samples; ++i) {
      Pack::store(tile + i * latents, sums.left[i]);
      Pack::store(tile + i * latents + Pack::width, sums.right[i]);
    }
  }

 private:
  /// Up to `width` columns: one vector of each row of the panel.
  template <class Word>
  static void pack_half(const Word* from, Index count, Index n_inputs, Word* to) {
    Index q = 0;
    if (count == Pack::width)
      for (; q + Pack::width <= n_inputs; q += Pack::width) pack_block(from + q, n_inputs, to + q * latents);
    for (; q < n_inputs; ++q)
      for (Index j = 0; j < Pack::width; ++j) to[q * latents + j] = j < count ? from[j * n_inputs + q] : Word(0);
  }

  template <class Word>
  [[gnu::always_inline]] static inline void pack_block(const Word* from, Index stride, Word* to) {
    static_assert(sizeof(Word) == sizeof(Scalar));
    Lanes block[std::size_t{Pack::width}];
#pragma GCC unroll 16
    for (Index j = 0; j < Pack::width; ++j) std::memcpy(&block[j], from + j * stride, sizeof(Lanes));
    Transpose<Scalar>::apply(block);
#pragma GCC unroll 16
    for (Index r = 0; r < Pack::width; ++r) std::memcpy(to + r * latents, &block[r], sizeof(Lanes));
  }

  struct Accumulators {
    Lanes left[std::size_t{samples}];
    Lanes right[std::size_t{samples}];
  };

  /// Inlined, so that the accumulators are registers.
  [[gnu::always_inline]] static inline void extend_chains(const Scalar* a, const Scalar* b, Index b_stride, Index count,
                                                          Accumulators& sums) {
    for (Index t = 0; t < count; ++t) {
      const Lanes left = Pack::load(b + t * b_stride);
      const Lanes right = Pack::load(b + t * b_stride + Pack::width);
#pragma GCC unroll 16
      for (Index i = 0; i < samples; ++i) {
        const Lanes factor = Pack::broadcast(a[t * samples + i]);
        sums.left[i] = Pack::multiply_add(left, factor, sums.left[i]);
        sums.right[i] = Pack::multiply_add(right, factor, sums.right[i]);
      }
    }
  }
};

}  // namespace parsae::inline PARSAE_ABI
