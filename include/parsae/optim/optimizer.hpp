// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/parameter_array.hpp>

#include <array>
#include <concepts>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The state of an optimizer: for each learned array of a model, `n_moments` arrays of its size, and the count of
/// steps. Settings live in the optimizer; this is what a checkpoint stores.
template <class Scalar, int n_moments>
struct OptimizerState {
  using MomentsOf = std::array<Buffer<Scalar>, static_cast<std::size_t>(n_moments)>;
  using MomentSlices = std::array<Slice<Scalar>, static_cast<std::size_t>(n_moments)>;

  std::vector<MomentsOf> moments;  ///< in the order in which the model visits its learned arrays
  Index step = 0;                  ///< updates done so far

  /// Adds zeroed moments for one more learned array.
  void add(const ParameterArray<Scalar>& array) {
    moments.emplace_back();
    for (Buffer<Scalar>& moment : moments.back()) moment.assign(array.values.size(), Scalar(0));
  }

  /// Entries [first, first + count) of every moment of learned array number `array`.
  [[nodiscard]] MomentSlices slices(std::size_t array, Index first, Index count) {
    MomentSlices parts;
    for (std::size_t m = 0; m < parts.size(); ++m) parts[m] = moments[array][m].slice().part(first, count);
    return parts;
  }
};

/// An update rule that works entry by entry. It knows parameters and gradients, never the model.
///
/// - `Optimizer::n_moments`: arrays of state for each parameter.
/// - `optimizer.template begin_step<Scalar>(step, learning_rate)`: what all updates of step number `step` (from 1)
/// share.
/// - `step.update(scale, parameters, gradients, moments)`: one slice; the gradient is `scale` times what it is given.
///
/// Optional: `Optimizer::name` and `optimizer.visit_settings(f)`, f(name, value): what a resumed run must agree on.
template <class Optimizer, class Scalar>
concept OptimizerFor = requires(const Optimizer optimizer, Index step, double learning_rate, Scalar scale,
                                Slice<Scalar> parameters, Slice<const Scalar> gradients,
                                typename OptimizerState<Scalar, Optimizer::n_moments>::MomentSlices moments) {
  {
    optimizer.template begin_step<Scalar>(step, learning_rate).update(scale, parameters, gradients, moments)
    } -> std::same_as<void>;
};

}  // namespace parsae::inline PARSAE_ABI
