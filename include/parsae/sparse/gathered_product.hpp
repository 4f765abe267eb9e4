// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/pre_activation.hpp>
#include <parsae/sparse/transpose.hpp>

namespace parsae::inline PARSAE_ABI {

/// Pre-activations of one sample with a few latents that lie anywhere in w_enc: for entries chosen one by one, and for
/// batches too small to repay packing. A vector holds one input of `width` latents, so each latent keeps its own chain
/// and the bits are those of pre_activation(); square blocks of the columns are transposed on the way.
template <class Scalar>
struct GatheredProduct {
  using Pack = Simd<Scalar>;
  using Lanes = typename Pack::Lanes;

  static constexpr Index latents = Pack::width;  ///< of one call; the shuffles take as long as the chain's latency

  /// pre_acts[j] = pre-activation of the sample and the latent with the column w_enc + ids[j] * n_inputs.
  /// \param ids       `latents` of them; repeat one to fill up
  /// \param next_ids  those of the call that follows, whose columns are meanwhile called into the second-level cache
  ///                  (a screened walk of 768 x 12288 on one core: 214 -> 200 ms)
  template <class Id>
  static void multiply(const Scalar* w_enc, const Id* ids, const Id* next_ids, const Scalar* sample, Index n_inputs,
                       const Scalar* b_enc, Scalar* pre_acts) {
    const Scalar* columns[std::size_t{latents}];
    const Scalar* next[std::size_t{latents}];
    for (Index j = 0; j < latents; ++j) columns[j] = w_enc + static_cast<Index>(ids[j]) * n_inputs;
    for (Index j = 0; j < latents; ++j) next[j] = w_enc + static_cast<Index>(next_ids[j]) * n_inputs;

    Lanes chains = Lanes{};
    Index q = 0;
    for (; q + Pack::width <= n_inputs; q += Pack::width) chains = extend(chains, columns, next, q, sample);
    Pack::store(pre_acts, chains);
    for (; q < n_inputs; ++q)
      for (Index j = 0; j < latents; ++j) pre_acts[j] = multiply_add(columns[j][q], sample[q], pre_acts[j]);
    for (Index j = 0; j < latents; ++j) pre_acts[j] += b_enc[ids[j]];
  }

  /// The same where nobody knows what follows.
  template <class Id>
  static void multiply(const Scalar* w_enc, const Id* ids, const Scalar* sample, Index n_inputs, const Scalar* b_enc,
                       Scalar* pre_acts) {
    multiply(w_enc, ids, ids, sample, n_inputs, b_enc, pre_acts);
  }

 private:
  [[gnu::always_inline]] static inline Lanes extend(Lanes chains, const Scalar* const* columns,
                                                    const Scalar* const* next, Index q, const Scalar* sample) {
    Lanes block[std::size_t{Pack::width}];
#pragma GCC unroll 16
    for (Index j = 0; j < Pack::width; ++j) {
      block[j] = Pack::load(columns[j] + q);
      __builtin_prefetch(columns[j] + q + 2 * Pack::width);  // short columns end before the hardware has seen a stream
      __builtin_prefetch(next[j] + q, 0, 2);
    }
    Transpose<Scalar>::apply(block);
#pragma GCC unroll 16
    for (Index r = 0; r < Pack::width; ++r)
      chains = Pack::multiply_add(block[r], Pack::broadcast(sample[q + r]), chains);
    return chains;
  }
};

}  // namespace parsae::inline PARSAE_ABI
