// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/optim/optimizer.hpp>

namespace parsae::test {

/// An optimizer that leaves the parameters alone: its only moment is the gradient that the last step delivered, clip
/// factor included. What a step computes can be read from the optimizer's state.
struct RecordingOptimizer {
  static constexpr int n_moments = 1;

  template <class Scalar>
  struct Step {
    void update(Scalar scale, Slice<Scalar>, Slice<const Scalar> gradients,
                typename OptimizerState<Scalar, n_moments>::MomentSlices moments) const {
      for (Index i = 0; i < gradients.size(); ++i) moments[0][i] = scale * gradients[i];
    }
  };

  template <class Scalar>
  [[nodiscard]] Step<Scalar> begin_step(Index, double) const {
    return {};
  }
};

}  // namespace parsae::test
