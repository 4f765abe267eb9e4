// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/latent_major.hpp>
#include <parsae/sparse/tile_choice.hpp>
#include <parsae/sparse/used_latents.hpp>

namespace parsae::inline PARSAE_ABI {

/// One branch of a training step (the main code, or an auxiliary one): its code, its reconstruction, and the gradients
/// of the loss at both.
template <class Scalar>
struct Branch {
  SparseCode<Scalar> code;
  Matrix<Scalar> recon;           ///< n_outputs x batch
  Matrix<Scalar> d_recon;         ///< n_outputs x batch
  Buffer<Scalar> d_values;        ///< one for each stored entry
  LatentMajor<Scalar> by_latent;  ///< counted before the decoding, filled when d_values are known
  UsedLatents<Scalar> used;

  [[nodiscard]] bool is_used() const { return code.stored() > 0; }

  /// From the counted code to the order of latents, when d_values are known.
  void order_by_latent(Index n_outputs, Threads threads) {
    if (prefers_tiles(n_outputs))
      by_latent.fill_in_blocks(code, d_values, used, threads);
    else
      by_latent.fill(code, d_values, threads);
  }

  /// Whether the dense products with the used latents are cheaper than sparse ones.
  [[nodiscard]] bool prefers_tiles(Index n_outputs) const {
    return TileChoice<Scalar>::prefers_tiles(code.stored(), code.n_samples(), by_latent.n_used(),
                                             TileChoice<Scalar>::entry_cost(by_latent.n_used(), n_outputs));
  }
};

}  // namespace parsae::inline PARSAE_ABI
