// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/range_decoder.hpp>

#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// A yes or no that learns: AdaptiveSymbols for two symbols, without the tree.
/// \see AdaptiveSymbols for the estimator.
class AdaptiveBit {
 public:
  template <class Encoder>
  void encode(Encoder& encoder, bool is_set) {
    encoder.encode(interval(is_set));
    learn(is_set);
  }

  [[nodiscard]] bool decode(RangeDecoder& decoder) {
    const bool is_set = decoder.part_of(unset_ + set_) >= unset_;
    decoder.take(interval(is_set));
    learn(is_set);
    return is_set;
  }

 private:
  [[nodiscard]] SymbolInterval interval(bool is_set) const {
    return {.begin = is_set ? unset_ : 0, .size = is_set ? set_ : unset_, .total = unset_ + set_};
  }

  void learn(bool is_set) {
    (is_set ? set_ : unset_) += 2;
    if (unset_ + set_ < SymbolInterval::largest_total) return;
    unset_ = unset_ / 2 | 1;
    set_ = set_ / 2 | 1;
  }

  std::uint64_t unset_ = 1;  // 2 count + 1
  std::uint64_t set_ = 1;
};

}  // namespace parsae::inline PARSAE_ABI
