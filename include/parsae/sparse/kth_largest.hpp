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
    largest_ = 0;
    smallest_ = std::numeric_limits<Scalar>::infinity();
    for (Index e = 0; e < size; ++e) {
      values_[e] = at(e);
      largest_ = std::max(largest_, values_[e]);
      smallest_ = std::min(smallest_, values_[e]);
    }
    std::fill(values_.begin() + size, values_.end(), Scalar(0));
  }

  /// t with count(values >= t) == k, or where ties forbid that, the k-th largest value itself.
  /// \param k  1 <= k <= size
  [[nodiscard]] Scalar threshold(Index k) const {
    Bits low = std::bit_cast<Bits>(smallest_);      // all numbers reach it
    Bits high = std::bit_cast<Bits>(largest_) + 1;  // none does
    while (high - low > 1) {
      const Bits middle = low + (high - low) / 2;
      const Index count = count_reaching(std::bit_cast<Scalar>(middle));
      if (count == k) return std::bit_cast<Scalar>(middle);
      (count > k ? low : high) = middle;
    }
    return std::bit_cast<Scalar>(low);
  }

 private:
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;

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
  Scalar largest_ = 0;
  Scalar smallest_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
