// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/simd.hpp>

#include <measure/peak_rate.hpp>
#include <unistd.h>

#include <algorithm>

namespace parsae_benchmarks {

/// Memory traffic over arrays of four times the last cache level, in bytes read and written a second. The reads that a
/// processor does to own a line before it writes are not counted.
class Bandwidth {
 public:
  explicit Bandwidth(parsae::Threads threads) : threads_(threads), n_(array_size()), from_(n_, 1.0F), to_(n_, 0.0F) {}

  /// to = from.
  [[nodiscard]] double copy() {
    return over_chunks([&](Index i) { Pack::store(to_.data() + i, Pack::load(from_.data() + i)); });
  }

  /// The same array read, changed and written.
  [[nodiscard]] double read_modify_write() {
    const Pack::Lanes factor = Pack::broadcast(0.5F);
    return over_chunks([&](Index i) { Pack::store(to_.data() + i, Pack::load(to_.data() + i) * factor + factor); });
  }

 private:
  using Index = parsae::Index;
  using Pack = parsae::Simd<float>;

  static constexpr Index chunk = 1 << 18;  // 1 MiB

  /// A whole number of chunks.
  [[nodiscard]] static Index array_size() {
    long cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    const Index bytes = std::clamp(4 * static_cast<Index>(cache), Index{64} << 20, Index{512} << 20);
    return parsae::divide_up(bytes / static_cast<Index>(sizeof(float)), chunk) * chunk;
  }

  template <class Move>
  [[nodiscard]] double over_chunks(const Move& move) const {
    constexpr double moved = 2.0 * sizeof(float) * chunk;
    return peak_rate(threads_, n_ / chunk, moved, 0.15, [&](Index task) {
      for (Index i = task * chunk; i < (task + 1) * chunk; i += Pack::width) move(i);
    });
  }

  parsae::Threads threads_;
  Index n_;
  parsae::Buffer<float> from_;
  parsae::Buffer<float> to_;
};

}  // namespace parsae_benchmarks
