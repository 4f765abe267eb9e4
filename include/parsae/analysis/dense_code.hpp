// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

/// A sparse code with its zeros, n_latents x n_samples: what questions about single latents are asked of.
/// \param n_latents  above every latent of the code
template <class Scalar>
[[nodiscard]] Matrix<Scalar> dense_code(const SparseCode<Scalar>& code, Index n_latents) {
  require_latents("dense_code latent", code, n_latents);
  Matrix<Scalar> dense = Matrix<Scalar>::Zero(n_latents, code.n_samples());
  for (Index i = 0; i < code.n_samples(); ++i)
    for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e) dense(code.latents[e], i) = code.values[e];
  return dense;
}

}  // namespace parsae::inline PARSAE_ABI
