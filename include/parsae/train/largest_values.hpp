// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

#include <algorithm>
#include <functional>

namespace parsae::inline PARSAE_ABI {

/// The `count` largest of a stream of positive numbers, in memory for two `count`.
template <class Scalar>
class LargestValues {
 public:
  /// \param count  >= 1
  explicit LargestValues(Index count) : count_(count) {}

  void add(Scalar value) {
    if (value <= floor_) return;
    values_.push_back(value);
    if (values_.size() < 2 * count_) return;
    floor_ = ranked(count_);
    values_.resize(count_);
  }

  /// No number up to it can be among the largest any more.
  [[nodiscard]] Scalar floor() const { return floor_; }

  /// The number of rank `rank`, 1 for the largest, 1 <= rank <= count; 0 where there are fewer.
  [[nodiscard]] Scalar ranked(Index rank) {
    if (rank > values_.size()) return 0;
    std::nth_element(values_.begin(), values_.begin() + (rank - 1), values_.end(), std::greater<Scalar>());
    return values_[rank - 1];
  }

 private:
  Index count_;
  Scalar floor_ = 0;
  Buffer<Scalar> values_;
};

}  // namespace parsae::inline PARSAE_ABI
