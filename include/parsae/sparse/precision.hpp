// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

namespace parsae::inline PARSAE_ABI {

/// How the walk finds the entries of a code. Both give the same codes, bit for bit.
enum class Precision {
  Exact,    ///< every pre-activation in full precision
  Screened  ///< certified bounds from low-precision products rule out most, the rest is computed in full precision;
            ///< where the instruction set or the scalar type has no such products, the same as Exact
};

/// How a walk with Precision::Screened went: which products gave the bounds, and what they left over.
struct ScreeningReport {
  Index int8_walks = 0;
  Index bf16_walks = 0;
  Index exact_walks = 0;  ///< bounds would have left too much, or the machine has no low-precision products
  Index samples = 0;      ///< of the screened walks
  Index survivors = 0;    ///< entries whose upper bound reached the floor when it was met
  Index rescored = 0;     ///< entries computed in full precision
};

}  // namespace parsae::inline PARSAE_ABI
