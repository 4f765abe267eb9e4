// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/latent_moments.hpp>

#include <cmath>
#include <numbers>

namespace parsae::inline PARSAE_ABI {

/// Bits to send one value z of a latent whose values have mean m and variance s^2, to a receiver who lets it be wrong
/// by noise of variance sigma^2 along the latent's decoder column, of norm w:
///
///     b(z) = 1/2 log2(V / sigma^2) + (w^2 (z - m)^2 + sigma^2) / (2 V ln 2),   V = w^2 s^2 + sigma^2
///
/// The first term and the fraction are the relative entropy of N(z, sigma^2 / w^2), what the receiver learns, to
/// N(m, V / w^2), what he expects, plus 1 / (2 ln 2): what noise of variance sigma^2 costs in the code of the residual,
/// whose variance it raises. The mean over the latent's values is
///
///     1/2 log2(1 + w^2 s^2 / sigma^2) + 1 / (2 ln 2)
///
/// A quantizer of bins delta = sqrt(12) sigma / w makes that noise. sqrt(12) sigma is also its best width: bits fall by
/// log2 delta while the error rises by delta^2 / 12, worth delta^2 / (24 sigma^2 ln 2) bits, and the sum is least at
/// delta^2 = 12 sigma^2. Entropy-coded uniform bins need at most 1/2 log2(2 pi e / 12) = 0.25 bits more than b.
///
/// m and V are constants of b. Both minimize the mean of b over the latent's values, so nothing is missed: by values
/// and by w, that mean has the same derivatives as if they followed.
class ValueBits {
 public:
  /// \param activity        of the latent; without active samples every value is taken for the mean
  /// \param decoder_norm    w >= 0
  /// \param noise_variance  sigma^2 > 0
  ValueBits(const LatentActivity& activity, double decoder_norm, double noise_variance)
      : mean_(activity.mean), norm_(decoder_norm), noise_(noise_variance), is_known_(activity.active > 0) {
    variance_ = decoder_norm * decoder_norm * activity.variance + noise_variance;
    spread_bits_ = std::log2(variance_ / noise_) / 2;
  }

  [[nodiscard]] double bits(double value) const {
    const double off = norm_ * deviation(value);
    return spread_bits_ + (off * off + noise_) / (2 * variance_ * std::numbers::ln2);
  }

  /// db/dz
  [[nodiscard]] double slope(double value) const {
    return norm_ * norm_ * deviation(value) / (variance_ * std::numbers::ln2);
  }

  /// db/dw
  [[nodiscard]] double norm_slope(double value) const {
    const double off = deviation(value);
    return norm_ * off * off / (variance_ * std::numbers::ln2);
  }

 private:
  [[nodiscard]] double deviation(double value) const { return is_known_ ? value - mean_ : 0; }

  double mean_;
  double norm_;
  double noise_;
  bool is_known_;
  double variance_ = 0;  ///< V
  double spread_bits_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
