// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/simd.hpp>

#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Transposes a square block held in registers: entry (r, c) of `rows` moves to (c, r), with one shuffle for each row
/// and stage, log2(width) stages. Every shuffle is one that x86 has as a single instruction: interleaving inside units
/// of 128 bits, then dealing whole units.
template <class Scalar>
class Transpose {
 public:
  using Pack = Simd<Scalar>;
  using Lanes = typename Pack::Lanes;
  static constexpr int width = static_cast<int>(Pack::width);

  [[gnu::always_inline]] static inline void apply(Lanes (&rows)[std::size_t{Pack::width}]) {
    stage<1>(rows);
    // Two interleaving stages in a row leave the middle rows of each four in each other's place.
    if constexpr (unit == 4)
      for (int row = 0; row < width; row += 4) std::swap(rows[row + 1], rows[row + 2]);
  }

 private:
  static constexpr int unit = 16 / static_cast<int>(sizeof(Scalar));  ///< lanes of 128 bits
  using Each = std::make_integer_sequence<int, width>;

  template <int distance>
  [[gnu::always_inline]] static inline void stage(Lanes (&rows)[std::size_t{Pack::width}]) {
    if constexpr (distance < width) {
#pragma GCC unroll 16
      for (int row = 0; row < width; ++row) {
        if ((row & distance) != 0) continue;
        const Lanes a = rows[row];
        const Lanes b = rows[row + distance];
        rows[row] = shuffle<distance, 0>(a, b, Each());
        rows[row + distance] = shuffle<distance, 1>(a, b, Each());
      }
      stage<2 * distance>(rows);
    }
  }

  template <int distance, int half, int... Lane>
  [[gnu::always_inline]] static inline Lanes shuffle(const Lanes& a, const Lanes& b,
                                                     std::integer_sequence<int, Lane...>) {
    return __builtin_shufflevector(a, b, source_of<distance, half>(Lane)...);
  }

  /// Which lane of (a, b) a lane comes from. Registers of one unit are never dealt, and have no units to divide by.
  template <int distance, int half>
  static constexpr int source_of(int lane) {
    if constexpr (distance < unit)
      return interleaved<distance, half>(lane);
    else
      return dealt<half>(lane);
  }

  /// Inside each unit, runs of `distance` lanes of a and b alternate; `half` 0 takes those of their first halves.
  template <int distance, int half>
  static constexpr int interleaved(int lane) {
    const int offset = lane % unit;
    const int run = offset / distance;
    return (run % 2) * width + (lane - offset) + half * (unit / 2) + (run / 2) * distance + offset % distance;
  }

  /// The even units of a, then those of b; `half` 1 takes the odd ones.
  template <int half>
  static constexpr int dealt(int lane) {
    const int place = lane / unit;
    const int per_row = width / unit / 2;
    return (place / per_row) * width + (2 * (place % per_row) + half) * unit + lane % unit;
  }
};

}  // namespace parsae::inline PARSAE_ABI
