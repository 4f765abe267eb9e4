// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/abi.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace parsae::inline PARSAE_ABI {

/// What numbers are drawn for. Each purpose has streams of its own, so that one seed serves a whole program and no two
/// choices share their draws. The numbers are part of what a seed means, and stay. From 32 on: simulations and splits.
enum class Draws : std::uint64_t {
  Directions = 1,
  Samples = 2,
  Order = 3,
  Revival = 4,
  Mixing = 5,
  Layers = 6,
  Synthetic = 7,
  TrueDirections = 32,
  TrueCodes = 33,
  TrueNoise = 34,
  TrueGroups = 37,
  Connectivity = 38,
  Cells = 39,
  Split = 40,
  Subset = 41,
  Controls = 48,
  Resampling = 49
};

/// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
///
/// Draw number `counter` of stream `stream` is a pure function of (seed, stream, counter). Nothing is carried from draw
/// to draw, so any thread may draw any number, and a resumed run needs no saved generator, only the counters it stood
/// at.
class Random {
 public:
  using Block = std::array<std::uint32_t, 4>;
  using Key = std::array<std::uint32_t, 2>;

  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// Stream `index` of a purpose, index < 2^48.
  Random(std::uint64_t seed, Draws purpose, std::uint64_t index)
      : Random(seed, static_cast<std::uint64_t>(purpose) << 48 | index) {}

  /// 64 random bits.
  [[nodiscard]] std::uint64_t bits(std::uint64_t counter) const {
    const Block block = draw(counter);
    return std::uint64_t{block[0]} << 32 | block[1];
  }

  /// Uniform on [0, 1), 53 bits.
  [[nodiscard]] double uniform(std::uint64_t counter) const {
    return static_cast<double>(bits(counter) >> 11) * 0x1.0p-53;
  }

  /// True with probability p, 0 to 1; exactly never and always at the ends.
  [[nodiscard]] bool bernoulli(double p, std::uint64_t counter) const { return uniform(counter) < p; }

  /// Standard normal, by the transform of Box and Muller.
  [[nodiscard]] double normal(std::uint64_t counter) const {
    const Block block = draw(counter);
    const std::uint64_t radius_bits = std::uint64_t{block[0]} << 32 | block[1];
    const std::uint64_t angle_bits = std::uint64_t{block[2]} << 32 | block[3];
    const double radius = (static_cast<double>(radius_bits >> 11) + 1.0) * 0x1.0p-53;  // in (0, 1]: the log is finite
    const double angle = static_cast<double>(angle_bits >> 11) * 0x1.0p-53;
    return std::sqrt(-2.0 * std::log(radius)) * std::cos(2.0 * std::numbers::pi * angle);
  }

  /// Uniform on {0, ..., n - 1}, n >= 1. The bias of the multiplication is below n / 2^64.
  [[nodiscard]] std::uint64_t below(std::uint64_t n, std::uint64_t counter) const {
    const std::uint64_t r = bits(counter);
    const std::uint64_t low = (r & 0xffffffffu) * (n & 0xffffffffu);
    const std::uint64_t middle1 = (r >> 32) * (n & 0xffffffffu) + (low >> 32);
    const std::uint64_t middle2 = (r & 0xffffffffu) * (n >> 32) + (middle1 & 0xffffffffu);
    return (r >> 32) * (n >> 32) + (middle1 >> 32) + (middle2 >> 32);
  }

  /// The generator itself: ten rounds over a 128-bit counter and a 64-bit key.
  [[nodiscard]] static Block philox(Block counter, Key key) {
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
      const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
      counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
                 static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
                 static_cast<std::uint32_t>(product0)};
      key[0] += 0x9E3779B9u;
      key[1] += 0xBB67AE85u;
    }
    return counter;
  }

 private:
  [[nodiscard]] Block draw(std::uint64_t counter) const {
    return philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                   static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                  {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace parsae::inline PARSAE_ABI
