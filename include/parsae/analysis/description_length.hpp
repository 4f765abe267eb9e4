// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_counts.hpp>

#include <cmath>
#include <numbers>

namespace parsae::inline PARSAE_ABI {

/// Entropy of a yes/no with probability p, in bits; 0 at p = 0 and p = 1.
[[nodiscard]] inline double binary_entropy(double p) {
  return p <= 0 || p >= 1 ? 0 : -p * std::log2(p) - (1 - p) * std::log2(1 - p);
}

/// log2 of the number of ways to choose k of n.
[[nodiscard]] inline double log2_binomial(double n, double k) {
  return (std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)) / std::numbers::ln2;
}

/// The bound of MDL-SAEs: each of `l0` active latents is named among n_latents and sent with `bits_per_value`.
[[nodiscard]] inline double upper_bound_bits(double l0, double n_latents, double bits_per_value) {
  return l0 * (bits_per_value + std::log2(n_latents));
}

/// A dense vector of n values.
[[nodiscard]] inline double dense_bits(double n, double bits_per_value) { return n * bits_per_value; }

/// The dictionary's share of one sample: n_latents x n_outputs weights, sent once for n_samples.
[[nodiscard]] inline double dictionary_bits_per_sample(double n_latents, double n_outputs, double bits_per_weight,
                                                       double n_samples) {
  return n_latents * n_outputs * bits_per_weight / n_samples;
}

/// Bits a sample to send quantized codes, following "Interpretability as Compression" (arXiv 2410.11179) with the chain
/// rule of entropy. Latents are coded independently:
///
///     bits = sum_j H(z_j),   H(z_j) = Hb(p_j) + p_j H(bin of z_j | z_j > 0)
///
/// p_j is latent j's share of active samples; inactive is exactly zero and takes part in the first term alone. The
/// probabilities are those of the measured codes and are not charged for: StaticCode takes them from other samples.
struct DescriptionLength {
  double bits_presence = 0;       ///< sum_j Hb(p_j): which latents are active
  double bits_value = 0;          ///< sum_j p_j H(bin | active): what they are worth
  double bits_fixed_index = 0;    ///< alternative to bits_presence: l0 log2 n_latents, a name for each active latent
  double bits_enumerative = 0;    ///< alternative: mean over samples of log2 C(n_latents, active latents)
  double bits_fixed_value = 0;    ///< alternative to bits_value: l0 log2 n_bins
  double bits_upper_bound = 0;    ///< bits_fixed_index + bits_fixed_value
  double l0 = 0;                  ///< active latents a sample
  Buffer<double> bits_of_latent;  ///< n_latents: H(z_j); they add up to bits_total()

  [[nodiscard]] double bits_total() const { return bits_presence + bits_value; }
};

/// Measures quantized codes batch by batch; memory n_latents x n_bins whatever the number of samples.
class DescriptionLengthMeter {
 public:
  explicit DescriptionLengthMeter(const CodeQuantizer& quantizer) : counts_(quantizer) {}

  template <class Scalar>
  void add(const SparseCode<Scalar>& code) {
    require_latents("DescriptionLengthMeter latent", code, counts_.n_latents());
    counts_.add(code);
    const double n_latents = static_cast<double>(counts_.n_latents());
    for (Index i = 0; i < code.n_samples(); ++i) {
      Index active = 0;
      for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e) active += code.values[e] != 0;
      enumerative_ += log2_binomial(n_latents, static_cast<double>(active));
    }
  }

  [[nodiscard]] DescriptionLength result() const {
    require_at_least("DescriptionLengthMeter samples", counts_.n_samples(), Index{1});
    const double samples = static_cast<double>(counts_.n_samples());
    DescriptionLength length;
    length.bits_of_latent.assign(counts_.n_latents(), 0.0);
    for (Index j = 0; j < counts_.n_latents(); ++j) {
      const double active = static_cast<double>(counts_.active(j));
      double value_bits = 0;  // of all samples together
      for (const std::int64_t count : counts_.bins(j))
        if (count > 0) value_bits -= static_cast<double>(count) * std::log2(static_cast<double>(count) / active);
      const double presence = binary_entropy(active / samples);
      length.bits_presence += presence;
      length.bits_value += value_bits / samples;
      length.bits_of_latent[j] = presence + value_bits / samples;
      length.l0 += active / samples;
    }
    length.bits_fixed_index = length.l0 * std::log2(static_cast<double>(counts_.n_latents()));
    length.bits_fixed_value = length.l0 * std::log2(static_cast<double>(counts_.n_bins()));
    length.bits_upper_bound = length.bits_fixed_index + length.bits_fixed_value;
    length.bits_enumerative = enumerative_ / samples;
    return length;
  }

  /// What was counted, for a code of other samples (see StaticCode).
  [[nodiscard]] const CodeCounts& counts() const { return counts_; }

 private:
  CodeCounts counts_;
  double enumerative_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
