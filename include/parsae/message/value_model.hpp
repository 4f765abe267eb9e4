// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_counts.hpp>
#include <parsae/message/frequency_table.hpp>

#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// The static model of values that a message sends: for each latent that can be active a histogram over its bins, with
/// frequencies of `precision` bits (see append_frequencies).
struct ValueModel {
  int precision = 8;  ///< 1 to 24
  Index n_bins = 1;
  Buffer<Index> table_of_latent;      ///< n_latents: which histogram, -1 for a latent that is never active
  Buffer<std::uint32_t> frequencies;  ///< histogram after histogram, n_bins each

  [[nodiscard]] Index n_tables() const { return frequencies.size() / n_bins; }

  [[nodiscard]] Slice<const std::uint32_t> histogram(Index table) const {
    return frequencies.slice().part(table * n_bins, n_bins);
  }
};

/// The histograms that were counted, at a precision.
[[nodiscard]] inline ValueModel value_model(const CodeCounts& counts, int precision) {
  ValueModel model{precision, counts.n_bins(), {}, {}};
  for (Index j = 0; j < counts.n_latents(); ++j) {
    model.table_of_latent.push_back(counts.active(j) > 0 ? model.n_tables() : -1);
    if (counts.active(j) > 0) append_frequencies(counts.bins(j), precision, model.frequencies);
  }
  return model;
}

/// Bits of the bins of all counted values, by the model's probabilities: their entropy, given the latent, and what
/// rounding adds. Infinite where something was counted that the model says cannot be.
[[nodiscard]] inline double value_bits(const ValueModel& model, const CodeCounts& counts) {
  double bits = 0;
  for (Index j = 0; j < counts.n_latents(); ++j) {
    if (counts.active(j) == 0) continue;
    const Slice<const std::uint32_t> histogram = model.histogram(model.table_of_latent[j]);
    double total = 0;
    for (const std::uint32_t frequency : histogram) total += static_cast<double>(frequency);
    for (Index bin = 0; bin < counts.n_bins(); ++bin) {
      const double count = static_cast<double>(counts.bins(j)[bin]);
      if (count > 0) bits += count * std::log2(total / static_cast<double>(histogram[bin]));
    }
  }
  return bits;
}

}  // namespace parsae::inline PARSAE_ABI
