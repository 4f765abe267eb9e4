// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// A uniform quantizer of code values. Zero stays exactly zero; an active value v of latent j falls into one of
/// `n_bins` bins of equal width on (0, range_j] and is read back as the middle of its bin. Larger values fall into the
/// last bin.
class CodeQuantizer {
 public:
  /// PerLatent: range_j is the largest value of latent j, so every latent has n_bins bins (the public description of
  /// MDL-SAEs). Shared: one range, hence one bin width, for all latents, so a latent with small values uses few bins.
  enum class Range { PerLatent, Shared };

  struct Settings {
    Index n_bins = 16;  ///< >= 1
    Range range = Range::Shared;
  };

  /// Takes the ranges from the values of `code`.
  template <class Scalar>
  CodeQuantizer(const SparseCode<Scalar>& code, Index n_latents, const Settings& settings) : settings_(settings) {
    require_at_least("CodeQuantizer n_latents", n_latents, Index{1});
    require_between("CodeQuantizer n_bins", settings.n_bins, Index{1}, Index{1} << 24);
    require_latents("CodeQuantizer latent", code, n_latents);
    range_.assign(n_latents, 0.0);
    for (Index e = 0; e < code.stored(); ++e)
      range_[code.latents[e]] = std::max(range_[code.latents[e]], static_cast<double>(code.values[e]));
    if (settings.range == Range::Shared) range_.assign(n_latents, *std::max_element(range_.begin(), range_.end()));
  }

  /// A quantizer with the ranges of another, as a receiver has them: `ranges` holds n_latents finite values >= 0, equal
  /// ones for Range::Shared.
  CodeQuantizer(Buffer<double> ranges, const Settings& settings) : settings_(settings), range_(std::move(ranges)) {
    require_at_least("CodeQuantizer n_latents", range_.size(), Index{1});
    require_between("CodeQuantizer n_bins", settings.n_bins, Index{1}, Index{1} << 24);
    for (const double range : range_) {
      require_not_negative("CodeQuantizer range", range);
      if (settings.range == Range::Shared && range != range_[0])
        reject("CodeQuantizer range", "one for all latents", range);
    }
  }

  [[nodiscard]] Index n_latents() const { return range_.size(); }
  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// The largest value that a latent's bins reach; 0 for a latent without values.
  [[nodiscard]] double range(Index latent) const { return range_[latent]; }
  [[nodiscard]] Index n_bins() const { return settings_.n_bins; }

  /// Bin of an active value, 0 to n_bins - 1.
  [[nodiscard]] Index bin(Index latent, double value) const {
    if (range_[latent] <= 0) return 0;
    const double position = std::ceil(value / range_[latent] * static_cast<double>(settings_.n_bins)) - 1;
    return static_cast<Index>(std::clamp(position, 0.0, static_cast<double>(settings_.n_bins - 1)));
  }

  /// The middle of a bin.
  [[nodiscard]] double value(Index latent, Index bin) const {
    return (static_cast<double>(bin) + 0.5) * range_[latent] / static_cast<double>(settings_.n_bins);
  }

  /// The code as a receiver reads it.
  template <class Scalar>
  void quantize(SparseCode<Scalar>& code) const {
    require_latents("CodeQuantizer latent", code, n_latents());
    for (Index e = 0; e < code.stored(); ++e) {
      if (code.values[e] == 0) continue;
      const Index latent = code.latents[e];
      code.values[e] = static_cast<Scalar>(value(latent, bin(latent, static_cast<double>(code.values[e]))));
    }
  }

 private:
  Settings settings_;
  Buffer<double> range_;
};

}  // namespace parsae::inline PARSAE_ABI
