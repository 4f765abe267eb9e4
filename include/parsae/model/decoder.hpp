// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/sparse_decode.hpp>

namespace parsae::inline PARSAE_ABI {

/// Unit: every decoder column has norm 1; its gradient is projected on the tangent of the sphere and the column is
/// renormalized after each update. Free: no constraint; use an L1 weighted by decoder norms.
enum class DecoderNorm { Unit, Free };

/// xhat = w_dec f + b_dec, in units of the scaled outputs.
template <class Scalar>
struct Decoder {
  Matrix<Scalar> w_dec;  ///< n_outputs x n_latents, the dictionary: a latent a column
  Vector<Scalar> b_dec;  ///< n_outputs
  DecoderNorm norm = DecoderNorm::Unit;

  [[nodiscard]] Index n_outputs() const { return w_dec.rows(); }
  [[nodiscard]] Index n_latents() const { return w_dec.cols(); }

  void decode(const SparseCode<Scalar>& code, Threads threads, Matrix<Scalar>& recon) const {
    sparse_decode(w_dec, Slice<const Scalar>(b_dec.data(), b_dec.size()), code, threads, recon);
  }

  /// Makes column `latent` a unit vector, where the constraint asks for it. A zero column stays zero.
  void renormalize(Index latent) {
    if (norm == DecoderNorm::Free) return;
    Scalar* column = w_dec.data() + latent * n_outputs();
    const Scalar squared = Column<Scalar>::dot(column, column, n_outputs());
    if (squared > 0) Column<Scalar>::scale(1 / std::sqrt(squared), column, n_outputs());
  }
};

}  // namespace parsae::inline PARSAE_ABI
