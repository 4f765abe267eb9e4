// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/abi.hpp>

#include <Eigen/Core>

#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Sizes and positions: signed, as in Eigen.
using Index = Eigen::Index;

/// Names one latent of a dictionary: 0 <= id < n_latents < 2^31.
using LatentId = std::int32_t;

/// Names one sample of a batch: 0 <= id < batch < 2^31.
using SampleId = std::int32_t;

/// Column-major, so a sample (a column of X) and a latent (a column of w_enc and w_dec) are contiguous.
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// Samples [begin, end) of a batch.
struct SampleRange {
  Index begin = 0;
  Index end = 0;

  [[nodiscard]] Index size() const { return end - begin; }
};

/// The smallest number of parts of `part` >= 1 that cover `whole` >= 0.
[[nodiscard]] constexpr Index divide_up(Index whole, Index part) { return (whole + part - 1) / part; }

}  // namespace parsae::inline PARSAE_ABI
