// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/core/types.hpp>

#include <algorithm>
#include <vector>

namespace parsae_cli {

using parsae::Index;

/// The other latent whose decoder column points most nearly the same way.
struct NearestLatent {
  Index latent = -1;  ///< -1: there is no other
  double cosine = 0;
};

/// One for each column of w_dec; columns of norm 0 have no direction and are nobody's nearest. Time n_latents^2 x
/// n_outputs, memory n_latents x 128 a thread.
[[nodiscard]] inline std::vector<NearestLatent> nearest_latents(const parsae::Matrix<float>& w_dec,
                                                                parsae::Threads threads) {
  constexpr Index block = 128;
  const Index n = w_dec.cols();
  parsae::Matrix<float> unit = w_dec;
  for (Index j = 0; j < n; ++j) unit.col(j).stableNormalize();
  const parsae::Vector<float> norms = unit.colwise().squaredNorm();
  std::vector<NearestLatent> nearest(static_cast<std::size_t>(n));
  std::vector<parsae::Matrix<float>> products(static_cast<std::size_t>(threads.count()));
  threads.for_each(parsae::divide_up(n, block), [&](Index task, int worker) {
    const Index first = task * block;
    const Index count = std::min(block, n - first);
    parsae::Matrix<float>& cosines = products[static_cast<std::size_t>(worker)];
    cosines.noalias() = unit.transpose() * unit.middleCols(first, count);
    for (Index c = 0; c < count; ++c) {
      NearestLatent& found = nearest[static_cast<std::size_t>(first + c)];
      if (norms(first + c) == 0) continue;
      for (Index j = 0; j < n; ++j) {
        if (j == first + c || norms(j) == 0) continue;
        const double cosine = static_cast<double>(cosines(j, c));
        if (found.latent < 0 || cosine > found.cosine) found = {j, cosine};
      }
    }
  });
  return nearest;
}

}  // namespace parsae_cli
