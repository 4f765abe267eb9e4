// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// A column x rewritten as scale * code + rest, with a low-precision code, and what a bound of products needs to know
/// of it. Norms are in units of `scale` and never too small: whatever float32 loses on the way is added.
struct CodedColumn {
  float scale = 1;
  float norm = 0;   ///< >= |code|
  float error = 0;  ///< >= |x / scale - code|; infinity: no bound can be given
  std::int32_t code_sum = 0;
};

/// Bounds of a pre-activation from the product of two codes. With x = s (c + e) and w = t (a + r), Cauchy and Schwarz
/// give
///
///     |<x, w> / (s t) - <c, a>| <= |e| |w / t| + |c| |r|,   |w / t| <= |a| + |r|,
///
/// and the float32 chain of pre_activation() differs from <x, w> by at most gamma |x| |w| + tiny. So
///
///     chain <= s t (<c, a> + slope * size + norm * error) + tiny,
///     slope = |e| + gamma (|c| + |e|)   and   norm = |c|      of the sample,
///     size  = |a| + |r|                 and   error = |r|     of the latent,
///
/// and the lower bound has minus signs. gamma also covers the rounding of this very formula. Adding the bias at the end
/// is the same operation on bound and chain, and rounding is monotonic.
struct SampleBound {
  float scale = 0;
  float slope = 0;
  float norm = 0;
};

/// max |x_q|; NaN where a NaN is among them. As integers, so that compilers vectorize it.
[[nodiscard]] inline float largest_magnitude(const float* column, Index n_inputs) {
  std::uint32_t largest = 0;
  for (Index q = 0; q < n_inputs; ++q)
    largest = std::max(largest, std::bit_cast<std::uint32_t>(column[q]) & 0x7FFFFFFFU);
  return std::bit_cast<float>(largest);
}

/// Whether products of two such columns, and squares of their entries, stay far from both ends of float32. No bound is
/// given for others (NaN and Inf among them): all their entries survive.
[[nodiscard]] inline bool can_be_bounded(float largest) { return largest > 0x1p-40F && largest < 0x1p40F; }

/// Relative error of a chain of `n_operations` float32 operations, and 32 more for the arithmetic of bounds.
[[nodiscard]] inline float rounding_bound(Index n_operations) {
  return static_cast<float>(n_operations + 32) * 0x1.04p-24F;
}

/// What underflow, flushed or gradual, can take from a chain over n_inputs: far below any floor that matters.
[[nodiscard]] inline float underflow_bound(Index n_inputs) { return static_cast<float>(n_inputs + 1) * 0x1p-120F; }

/// \param gamma  relative rounding error of exact and approximate product together
[[nodiscard]] inline SampleBound bound_of(const CodedColumn& sample, float gamma) {
  return {sample.scale, sample.error + gamma * (sample.norm + sample.error), sample.norm};
}

}  // namespace parsae::inline PARSAE_ABI
