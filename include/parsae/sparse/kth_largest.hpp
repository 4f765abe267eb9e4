// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/simd.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// Finds thresholds between the k-th largest of some numbers >= 0 and the next one, by bisection on their bits:
/// such numbers are ordered like the integers of the same bits. Each trial counts in vectors and has no branch to
/// guess wrong, and the first threshold that exactly k numbers reach ends the search.
template <class Scalar>
class KthLargest {
 public:
  using Pack = Simd<Scalar>;

  void reserve(Index size) { values_.reserve(padded(size)); }

  /// The numbers come next: at(e) >= 0 for e < size.
  template <class At>
  void assign(Index size, const At& at) {
    values_.resize(padded(size));
    Bits largest = 0;
    Bits smallest = std::bit_cast<Bits>(std::numeric_limits<Scalar>::infinity());
    for (Index e = 0; e < size; ++e) {
      const Scalar value = at(e);
      values_[e] = value;
      largest = std::max(largest, std::bit_cast<Bits>(value));
      smallest = std::min(smallest, std::bit_cast<Bits>(value));
    }
    largest_ = largest;
    smallest_ = smallest;
    std::fill(values_.begin() + size, values_.end(), Scalar(0));
  }

  /// t with count(values >= t) == k, or where ties forbid that, the k-th largest value itself.
  /// \param k  1 <= k <= size
  [[nodiscard]] Scalar threshold(Index k) const {
    Bits low = smallest_;      // all numbers reach it
    Bits high = largest_ + 1;  // none does
    // Half of all bit patterns are below 2. The numbers that count are seldom below a sixteenth of the largest.
    Bits middle = std::max(low + (high - low) / 2, largest_ - std::min(largest_, four_octaves));
    while (high - low > 1) {
      const Index count = count_reaching(std::bit_cast<Scalar>(middle));
      if (count == k) return std::bit_cast<Scalar>(middle);
      (count > k ? low : high) = middle;
      middle = low + (high - low) / 2;
    }
    return std::bit_cast<Scalar>(low);
  }

 private:
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  static constexpr Bits four_octaves = Bits{4} << (std::numeric_limits<Scalar>::digits - 1);

  [[nodiscard]] static Index padded(Index size) { return divide_up(size, Pack::width) * Pack::width; }

  /// `threshold` may be NaN, just above infinity, when a number is infinite: nothing reaches it.
  [[nodiscard]] Index count_reaching(Scalar threshold) const {
    const typename Pack::Lanes floor = Pack::broadcast(threshold);
    Index count = 0;
    for (Index e = 0; e < values_.size(); e += Pack::width)
      count += std::popcount(Pack::reached(Pack::load(values_.data() + e), floor));
    return count;
  }

  Buffer<Scalar> values_;  ///< padded with zeros, which reach no threshold
  Bits largest_ = 0;
  Bits smallest_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
