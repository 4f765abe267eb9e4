// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/simd.hpp>

namespace parsae::inline PARSAE_ABI {

/// The bits of a pre-activation, defined by one operation, multiply_add, in one order. This function is the definition;
/// kernels that compute many at a time agree with it bit for bit:
///
///     pre_act(latent, sample) = chain + b_enc[latent],
///     chain = multiply_add(w_enc(q, latent), x(q, sample), chain) for q = 0, 1, ..., n_inputs - 1, from 0
///
/// with x the scaled and centered input. Kernels cut samples and latents into tiles and never split the sum over
/// inputs, so any tile, batch size and number of threads gives these bits.
///
/// \param latent  n_inputs entries, a column of w_enc
/// \param sample  n_inputs entries, a column of x
template <class Scalar>
[[nodiscard]] Scalar pre_activation(const Scalar* latent, const Scalar* sample, Index n_inputs, Scalar bias) {
  Scalar chain = 0;
  for (Index q = 0; q < n_inputs; ++q) chain = multiply_add(latent[q], sample[q], chain);
  return chain + bias;
}

}  // namespace parsae::inline PARSAE_ABI
