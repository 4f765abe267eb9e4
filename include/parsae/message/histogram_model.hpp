// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/message/adaptive_numbers.hpp>

#include <bit>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// How histograms are sent ahead of the symbols that they are the model of: frequency after frequency, the number of
/// digits of each learned from earlier ones that followed a frequency of as many digits. Runs of zeros and smooth
/// slopes are cheap in whatever bin they lie.
class HistogramModel {
 public:
  /// \param precision  1 to 24: frequencies are at most 2^precision
  explicit HistogramModel(int precision) {
    require_between("HistogramModel precision", precision, 1, 24);
    const int most_digits = precision + 1;
    for (int context = 0; context <= most_digits + 1; ++context) numbers_.push_back(AdaptiveNumbers(most_digits));
  }

  template <class Encoder>
  void encode(Encoder& encoder, Slice<const std::uint32_t> frequencies) {
    Index context = first;
    for (const std::uint32_t frequency : frequencies) {
      numbers_[context].encode(encoder, frequency);
      context = after(frequency);
    }
  }

  /// Appends n frequencies; all of them may be 0 when the bytes are damaged.
  void decode(RangeDecoder& decoder, Index n, Buffer<std::uint32_t>& frequencies) {
    Index context = first;
    for (Index i = 0; i < n; ++i) {
      frequencies.push_back(numbers_[context].decode(decoder));
      context = after(frequencies.back());
    }
  }

 private:
  static constexpr Index first = 0;

  [[nodiscard]] static Index after(std::uint32_t frequency) {
    return 1 + static_cast<Index>(std::bit_width(frequency));
  }

  Buffer<AdaptiveNumbers> numbers_;  // by the digits of the frequency before
};

}  // namespace parsae::inline PARSAE_ABI
