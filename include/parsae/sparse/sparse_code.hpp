// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// The sparse vectors of a batch, compressed by sample: entries offsets[i] to offsets[i + 1] - 1 belong to sample i,
/// ascending in latent.
///
/// Stored are the active entries (value > 0) and explicit zeros: entries that are inactive but want a gradient, because
/// they lie inside a straight-through window. So stored() is not L0; active_count() is.
template <class Scalar>
struct SparseCode {
  Buffer<Index> offsets = Buffer<Index>(1);  ///< n_samples + 1
  Buffer<LatentId> latents;                  ///< stored()
  Buffer<Scalar> values;                     ///< stored(); what the decoder multiplies with
  Buffer<Scalar> pre_acts;                   ///< stored(); pre-activations

  [[nodiscard]] Index n_samples() const { return offsets.size() - 1; }
  [[nodiscard]] Index stored() const { return latents.size(); }
  [[nodiscard]] Index begin_of(Index sample) const { return offsets[sample]; }
  [[nodiscard]] Index count_of(Index sample) const { return offsets[sample + 1] - offsets[sample]; }

  /// Entries with a value other than zero, over all samples.
  [[nodiscard]] Index active_count() const {
    return static_cast<Index>(std::count_if(values.begin(), values.end(), [](Scalar value) { return value != 0; }));
  }

  void resize_entries(Index stored) {
    latents.resize(stored);
    values.resize(stored);
    pre_acts.resize(stored);
  }

  friend bool operator==(const SparseCode& a, const SparseCode& b) {
    return a.offsets == b.offsets && a.latents == b.latents && a.values == b.values && a.pre_acts == b.pre_acts;
  }
};

/// Requires every latent of a code to be one of n_latents.
template <class Scalar>
void require_latents(std::string_view argument, const SparseCode<Scalar>& code, Index n_latents) {
  for (const LatentId latent : code.latents) require_between(argument, Index{latent}, Index{0}, n_latents - 1);
}

}  // namespace parsae::inline PARSAE_ABI
