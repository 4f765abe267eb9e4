// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/latent_major.hpp>
#include <parsae/sparse/tile_choice.hpp>
#include <parsae/sparse/used_latents.hpp>

#include <algorithm>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// One branch of a training step (the main code, or an auxiliary one): its code, its reconstruction, and the gradients
/// of the loss at both.
///
/// Where prefixes of the latents have losses of their own (NestsPrefixes), each latent feels those that contain it, and
/// so each prefix has a d_recon: the sum of dL/d recon over itself and all longer ones.
template <class Scalar>
struct Branch {
  SparseCode<Scalar> code;
  Matrix<Scalar> recon;           ///< n_outputs x batch
  Matrix<Scalar> d_recon;         ///< n_outputs x batch; of the first prefix: what b_dec feels, too
  Buffer<Scalar> d_values;        ///< one for each stored entry
  LatentMajor<Scalar> by_latent;  ///< counted before the decoding, filled when d_values are known
  UsedLatents<Scalar> used;
  Buffer<Index> prefix_ends;                     ///< of all prefixes but the full one; empty: no other
  std::vector<Matrix<Scalar>> d_recon_of_later;  ///< of the second prefix, the third, ... and the full one

  [[nodiscard]] bool is_used() const { return code.stored() > 0; }

  [[nodiscard]] bool has_prefixes() const { return !prefix_ends.empty(); }

  /// dL/d recon as a latent feels it.
  [[nodiscard]] const Matrix<Scalar>& d_recon_at(Index latent) const {
    const Index p = std::upper_bound(prefix_ends.begin(), prefix_ends.end(), latent) - prefix_ends.begin();
    return p == 0 ? d_recon : d_recon_of_later[static_cast<std::size_t>(p - 1)];
  }

  /// From the counted code to the order of latents, when d_values are known.
  void order_by_latent(Index n_outputs, Threads threads) {
    if (prefers_tiles(n_outputs))
      by_latent.fill_in_blocks(code, d_values, used, threads);
    else
      by_latent.fill(code, d_values, threads);
  }

  /// Whether the dense products with the used latents are cheaper than sparse ones. They know one d_recon only.
  [[nodiscard]] bool prefers_tiles(Index n_outputs) const {
    return !has_prefixes() &&
           TileChoice<Scalar>::prefers_tiles(code.stored(), code.n_samples(), by_latent.n_used(),
                                             TileChoice<Scalar>::entry_cost(by_latent.n_used(), n_outputs));
  }
};

}  // namespace parsae::inline PARSAE_ABI
