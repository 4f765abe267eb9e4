// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>

namespace parsae::inline PARSAE_ABI {

/// The stored entries of one latent, ascending in sample: what activations and code losses see. One thread owns a
/// latent, so a sum over its samples needs no atomics and has one order.
template <class Scalar>
struct LatentEntries {
  Index latent = 0;
  Slice<const SampleId> samples;
  Slice<const Scalar> values;
  Slice<const Scalar> pre_acts;

  [[nodiscard]] Index size() const { return values.size(); }
};

/// The gradient of the loss at those entries: one slot for each stored entry, and one scalar.
template <class Scalar>
struct LatentGradient {
  Slice<Scalar> value;      ///< dL/d value: from the reconstruction, then from losses on the value
  Slice<Scalar> gate;       ///< dL/d [pre_act > threshold]: from losses on L0
  Slice<Scalar> pre_act;    ///< dL/d pre_act that does not pass through the activation
  Scalar decoder_norm = 0;  ///< dL/d |w_dec(:, latent)|
};

}  // namespace parsae::inline PARSAE_ABI
