// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/symbol_interval.hpp>

namespace parsae::inline PARSAE_ABI {

/// Takes symbols like a RangeEncoder and only adds up what they cost.
class BitMeter {
 public:
  void encode(const SymbolInterval& symbol) { bits_ += symbol.bits(); }

  [[nodiscard]] double bits() const { return bits_; }

 private:
  double bits_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
