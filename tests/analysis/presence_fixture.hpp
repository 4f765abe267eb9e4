// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>

namespace parsae::test {

/// Codes like those of trained models: a few latents are active in many samples, most in few, and latents come in
/// families of four: the last three are active with probability 0.6 where the first of their family is, and hardly ever
/// elsewhere. Values fall off from a latent's own size.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> family_code(Index n_latents, Index n_samples, std::uint64_t stream) {
  SparseCode<Scalar> code;
  for (Index i = 0; i < n_samples; ++i) {
    const Random random(7, stream << 32 | static_cast<std::uint64_t>(i));
    bool first_is_active = false;
    for (Index j = 0; j < n_latents; ++j) {
      const auto counter = 2 * static_cast<std::uint64_t>(j);
      const double frequent = 0.4 / (1 + 0.3 * static_cast<double>(j / 4));
      const bool is_first = j % 4 == 0;
      const double probability = is_first ? frequent : first_is_active ? 0.6 : 0.02 * frequent;
      const bool is_active = random.uniform(counter) < probability;
      if (is_first) first_is_active = is_active;
      if (!is_active) continue;
      const double size = 1.0 / (1 + static_cast<double>(j % 3));
      const double value = size * std::max(0.01, 0.3 + 0.2 * random.normal(counter + 1));
      code.latents.push_back(static_cast<LatentId>(j));
      code.values.push_back(static_cast<Scalar>(value));
      code.pre_acts.push_back(static_cast<Scalar>(value));
    }
    code.offsets.push_back(code.stored());
  }
  return code;
}

}  // namespace parsae::test
