// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
#include <parsae/activations/threshold_selection.hpp>

namespace parsae::inline PARSAE_ABI {

/// ReLU: f = max(pi, 0), df/dpi = [pi > 0]. Sparsity comes from a loss such as L1.
template <class ScalarType>
struct ReLU : StatelessActivation {
  using Scalar = ScalarType;
  static constexpr std::string_view name = "relu";

  [[nodiscard]] ThresholdSelection<Scalar> select(Index batch, Index) const { return {batch, Scalar(0)}; }

  [[nodiscard]] ReLU inference() const { return *this; }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }
};

}  // namespace parsae::inline PARSAE_ABI
