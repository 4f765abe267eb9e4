// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/walk.hpp>

#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace parsae::test {

/// What a walk starts from.
template <class Scalar>
struct WalkCase {
  Matrix<Scalar> inputs;
  Matrix<Scalar> w_enc;
  Vector<Scalar> b_enc;

  /// Pre-activations without ties, half of them positive.
  [[nodiscard]] static WalkCase random(Index n_inputs, Index n_latents, Index batch) {
    return {random_matrix<Scalar>(n_inputs, batch, 101), random_matrix<Scalar>(n_inputs, n_latents, 102),
            random_vector<Scalar>(n_latents, 103)};
  }

  /// Pre-activations that are quarters: hardly one without an equal.
  [[nodiscard]] static WalkCase rounded(Index n_inputs, Index n_latents, Index batch) {
    return {rounded_matrix<Scalar>(n_inputs, batch, 101), rounded_matrix<Scalar>(n_inputs, n_latents, 102),
            rounded_matrix<Scalar>(n_latents, 1, 103)};
  }

  [[nodiscard]] Index n_latents() const { return w_enc.cols(); }
  [[nodiscard]] Index batch() const { return inputs.cols(); }
  [[nodiscard]] Matrix<Scalar> pre_acts() const { return dense_pre_acts(inputs, w_enc, b_enc); }

  /// The code that `rule` selects in a walk of small blocks and groups.
  template <class Rule>
  [[nodiscard]] SparseCode<Scalar> code(const Rule& rule, int threads = 1) const {
    using Walker = Walk<Scalar, Rule>;
    Walker walker(typename Walker::Settings{30, 2000});
    SparseCode<Scalar> code;
    walker.run(inputs, w_enc, b_enc, Threads(threads), rule, code);
    return code;
  }
};

}  // namespace parsae::test
