// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/cosine_blocks.hpp>

#include <algorithm>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// How near the nearest other latent is: entry i = max over j != i of cos(latent i, latent j). Both directions of a
/// pair count, other than in the published code, whose maximum goes over j > i and leaves the last latents without a
/// rival. \param dictionary  n_inputs x n_latents, n_latents >= 2, finite
template <class Scalar>
[[nodiscard]] Vector<Scalar> max_cosines(const Matrix<Scalar>& dictionary, Threads threads = Threads::available()) {
  require_at_least("max_cosines latents", dictionary.cols(), Index{2});
  const CosineBlocks<Scalar> blocks(dictionary);
  Vector<Scalar> best = Vector<Scalar>::Constant(dictionary.cols(), -std::numeric_limits<Scalar>::infinity());
  blocks.for_each(threads, [&](Index, int, Index i, Index j_begin, Slice<const Scalar> cosines) {
    for (Index c = 0; c < cosines.size(); ++c)
      if (j_begin + c != i) best(i) = std::max(best(i), cosines[c]);
  });
  return best;
}

/// The mean of max_cosines(), MMCS: 1 where every latent has a double, small where latents are spread out.
template <class Scalar>
[[nodiscard]] double mean_max_cosine(const Matrix<Scalar>& dictionary, Threads threads = Threads::available()) {
  double sum = 0;
  for (const Scalar cosine : max_cosines(dictionary, threads)) sum += static_cast<double>(cosine);
  return sum / static_cast<double>(dictionary.cols());
}

}  // namespace parsae::inline PARSAE_ABI
