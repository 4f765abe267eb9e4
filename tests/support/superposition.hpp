// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>
#include <parsae/core/types.hpp>

namespace parsae::test {

/// Samples (n_inputs x n) that a sparse autoencoder can explain: each is the sum of `n_active` out of `n_directions`
/// random unit vectors, with weights from 0.5 to 1.5. More directions than inputs is superposition.
template <class Scalar>
[[nodiscard]] Matrix<Scalar> superposition(Index n_inputs, Index n_directions, Index n_active, Index n,
                                           std::uint64_t seed) {
  const Random normals(seed, 0);
  Matrix<Scalar> directions(n_inputs, n_directions);
  for (Index e = 0; e < directions.size(); ++e)
    directions.data()[e] = static_cast<Scalar>(normals.normal(static_cast<std::uint64_t>(e)));
  directions.colwise().normalize();

  const Random draws(seed, 1);
  Matrix<Scalar> samples = Matrix<Scalar>::Zero(n_inputs, n);
  std::uint64_t counter = 0;
  for (Index i = 0; i < n; ++i) {
    for (Index a = 0; a < n_active; ++a) {
      const Index direction = static_cast<Index>(draws.below(static_cast<std::uint64_t>(n_directions), counter++));
      samples.col(i) += static_cast<Scalar>(0.5 + draws.uniform(counter++)) * directions.col(direction);
    }
  }
  return samples;
}

}  // namespace parsae::test
