// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// The grid of probabilities that a message can say: levels 0 to K = 2^bits,
///
///     p(level) = 2 (level / K)^2 up to K / 2,   1 - p(K - level) above.
///
/// Level 0 is never and level K always; the others are finer towards 0 and 1, in proportion to sqrt(p) there. That is
/// the spacing at which rounding a probability costs about the same everywhere: on average log2(e) / (3 K^2) bits a
/// decision for a rare latent, twice as much at 1/2. All of it is arithmetic on integers: writer and reader agree on
/// every machine.
class PresenceLevels {
 public:
  static constexpr int most_bits = 16;

  /// \param bits  2 to 16
  explicit PresenceLevels(int bits) : bits_(bits) { require_between("PresenceLevels bits", bits, 2, most_bits); }

  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] std::uint32_t always() const { return std::uint32_t{1} << bits_; }

  /// p(level) = numerator(level) / 2^(2 bits - 1).
  [[nodiscard]] std::uint64_t numerator(std::uint32_t level) const {
    const std::uint64_t from_end = always() - level;
    if (level <= always() / 2) return std::uint64_t{level} * level;
    return (std::uint64_t{1} << denominator_bits()) - from_end * from_end;
  }

  [[nodiscard]] int denominator_bits() const { return 2 * bits_ - 1; }

  [[nodiscard]] double probability(std::uint32_t level) const {
    return std::ldexp(static_cast<double>(numerator(level)), -denominator_bits());
  }

  /// The level next to active / samples, in units of the grid; never and always only where the counts say so. 0 without
  /// samples.
  [[nodiscard]] std::uint32_t nearest(std::int64_t active, std::int64_t samples) const {
    if (active == 0) return 0;
    if (active == samples) return always();
    const std::int64_t fewer = std::min(active, samples - active);
    const double steps = std::ldexp(std::sqrt(static_cast<double>(fewer) / (2 * static_cast<double>(samples))), bits_);
    const auto level = static_cast<std::uint32_t>(std::max(std::lround(steps), 1L));
    return fewer == active ? level : always() - level;
  }

 private:
  int bits_;
};

}  // namespace parsae::inline PARSAE_ABI
