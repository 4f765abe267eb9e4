// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/weight_quantizer.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/frequency_table.hpp>
#include <parsae/message/histogram_model.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// How the levels of a rounded dictionary are sent: each at bits_per_weight, or with a histogram of all of them, sent
/// ahead, whichever is shorter. Histograms are for up to 16 bits a weight: beyond, hardly a level occurs twice.
struct WeightCoding {
  int precision = 0;  ///< of the histogram; 0: every weight at bits_per_weight
  double bits_weights = 0;
  double bits_model = 0;  ///< of the histogram
};

namespace detail {

inline constexpr int most_bits_with_histogram = 16;

/// Levels are sent as level + m, 0 to 2 m.
[[nodiscard]] inline std::int32_t largest_level(int bits_per_weight) {
  return static_cast<std::int32_t>((std::int32_t{1} << (bits_per_weight - 1)) - 1);
}

[[nodiscard]] inline Buffer<std::int64_t> level_counts(Slice<const std::int32_t> levels, int bits_per_weight) {
  const std::int32_t most = largest_level(bits_per_weight);
  Buffer<std::int64_t> counts(2 * Index{most} + 1, 0);
  for (const std::int32_t level : levels) ++counts[level + most];
  return counts;
}

}  // namespace detail

/// The shortest way to send these levels.
[[nodiscard]] inline WeightCoding weight_coding(Slice<const std::int32_t> levels, int bits_per_weight) {
  WeightCoding best{0, static_cast<double>(levels.size()) * bits_per_weight, 0};
  if (bits_per_weight > detail::most_bits_with_histogram || levels.empty()) return best;
  const Buffer<std::int64_t> counts = detail::level_counts(levels, bits_per_weight);
  Buffer<std::uint32_t> frequencies;
  for (int precision = 4; precision <= 18; ++precision) {
    frequencies.clear();
    append_frequencies(counts.slice(), precision, frequencies);
    BitMeter meter;
    HistogramModel(precision).encode(meter, frequencies.slice());
    double total = 0;
    for (const std::uint32_t frequency : frequencies) total += static_cast<double>(frequency);
    double bits = 0;
    for (Index i = 0; i < counts.size(); ++i) {
      const double count = static_cast<double>(counts[i]);
      if (count > 0) bits += count * std::log2(total / static_cast<double>(frequencies[i]));
    }
    if (bits + meter.bits() < best.bits_weights + best.bits_model) best = {precision, bits, meter.bits()};
  }
  return best;
}

namespace detail {

template <class Encoder>
void encode_weights(Encoder& encoder, Slice<const std::int32_t> levels, int bits_per_weight, int precision) {
  const std::int32_t most = largest_level(bits_per_weight);
  if (precision == 0) {
    for (const std::int32_t level : levels)
      encode_uniform(encoder, static_cast<std::uint64_t>(level + most), bits_per_weight);
    return;
  }
  const Buffer<std::int64_t> counts = level_counts(levels, bits_per_weight);
  Buffer<std::uint32_t> frequencies;
  append_frequencies(counts.slice(), precision, frequencies);
  HistogramModel(precision).encode(encoder, frequencies.slice());
  const FrequencyTable table(frequencies.slice());
  for (const std::int32_t level : levels) encoder.encode(table.interval(level + most));
}

/// False when the bytes hold no such weights. The caller has checked that n levels may be asked of the bytes.
[[nodiscard]] inline bool decode_weights(RangeDecoder& decoder, Index n, int bits_per_weight, int precision,
                                         Buffer<std::int32_t>& levels) {
  const std::int32_t most = largest_level(bits_per_weight);
  FrequencyTable table;
  if (precision > 0) {
    Buffer<std::uint32_t> frequencies;
    HistogramModel(precision).decode(decoder, 2 * Index{most} + 1, frequencies);
    std::uint64_t total = 0;
    for (const std::uint32_t frequency : frequencies) total += frequency;
    if (total == 0 || total > SymbolInterval::largest_total) return false;
    table = FrequencyTable(frequencies.slice());
  }
  levels.reserve(n);
  for (Index i = 0; i < n; ++i) {
    const std::uint64_t coded =
        precision > 0 ? static_cast<std::uint64_t>(table.decode(decoder)) : decode_uniform(decoder, bits_per_weight);
    if (coded > 2 * static_cast<std::uint64_t>(most) || decoder.is_overrun()) return false;
    levels.push_back(static_cast<std::int32_t>(coded) - most);
  }
  return true;
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI
