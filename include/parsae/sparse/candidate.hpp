// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>

#include <limits>
#include <tuple>

namespace parsae::inline PARSAE_ABI {

/// An entry of the pre-activation matrix that survived the walk's filter.
template <class Scalar>
struct Candidate {
  Scalar pre_act = 0;
  LatentId latent = 0;
  SampleId sample = 0;
};

/// The total order of every selection rule: larger first, then lower (sample, latent). With it an exact rule has one
/// answer, whatever the order in which the walk met the candidates.
template <class Scalar>
[[nodiscard]] bool wins(const Candidate<Scalar>& a, const Candidate<Scalar>& b) {
  if (a.pre_act != b.pre_act) return a.pre_act > b.pre_act;
  return std::tie(a.sample, a.latent) < std::tie(b.sample, b.latent);
}

/// What the walk's filter compares with: entry (sample i, latent j) survives iff
/// upper_bound(pre_act) >= max(by_sample[i], by_latent[j]). A rule may raise its floors while the walk goes on, never
/// lower.
template <class Scalar>
struct Floors {
  Slice<Scalar> by_sample;  ///< one for each sample of the block, counted from the block's first
  Slice<Scalar> by_latent;  ///< n_latents
};

/// A floor that no finite pre-activation reaches, and one that each of them reaches.
template <class Scalar>
inline constexpr Scalar floor_never = std::numeric_limits<Scalar>::infinity();
template <class Scalar>
inline constexpr Scalar floor_always = -std::numeric_limits<Scalar>::infinity();

}  // namespace parsae::inline PARSAE_ABI
