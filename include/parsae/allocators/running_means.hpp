// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/parameter_array.hpp>
#include <parsae/core/types.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// Exponential means of some streams of numbers >= 0, without the bias of their start:
///
///     sum <- decay sum + (1 - decay) value,   weight <- decay weight + (1 - decay),   mean = sum / weight
///
/// A stream forgets by its own numbers, not by time.
template <class Scalar>
class RunningMeans {
 public:
  RunningMeans() = default;
  explicit RunningMeans(Index size) : sums_(Matrix<Scalar>::Zero(2, size)) {}

  [[nodiscard]] Index size() const { return sums_.cols(); }

  void observe(Index stream, Scalar value, double decay) {
    const Scalar kept = static_cast<Scalar>(decay);
    sums_(0, stream) = kept * sums_(0, stream) + (1 - kept) * value;
    sums_(1, stream) = kept * sums_(1, stream) + (1 - kept);
  }

  /// From now on the mean is `value`, as if nothing else had been seen.
  void set(Index stream, Scalar value) {
    sums_(0, stream) = value;
    sums_(1, stream) = 1;
  }

  [[nodiscard]] bool has_mean(Index stream) const { return sums_(1, stream) > 0; }
  [[nodiscard]] Scalar mean(Index stream) const { return sums_(0, stream) / sums_(1, stream); }

  /// The least of all sums and weights; 0 without streams.
  [[nodiscard]] Scalar least() const { return sums_.size() == 0 ? Scalar(0) : sums_.minCoeff(); }

  /// Sum and weight, stream by stream: 2 rows a stream where there is one for each latent, else 2 rows in all.
  [[nodiscard]] ParameterArray<Scalar> array(std::string_view name, Axis axis) {
    return {name, Role::Statistic, axis, axis == Axis::Latent ? 2 : sums_.size(), {sums_.data(), sums_.size()}};
  }

 private:
  Matrix<Scalar> sums_;  ///< 2 x size(): sum, weight
};

}  // namespace parsae::inline PARSAE_ABI
