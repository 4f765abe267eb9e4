// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_quantizer.hpp>

#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// How often each latent was active, and in which bin of a quantizer: all that a code which treats latents one by one
/// has to know. Batch by batch; memory n_latents x n_bins whatever the number of samples. Explicit zeros are inactive.
class CodeCounts {
 public:
  explicit CodeCounts(const CodeQuantizer& quantizer)
      : quantizer_(quantizer),
        active_(quantizer.n_latents(), 0),
        bins_(quantizer.n_latents() * quantizer.n_bins(), 0) {}

  template <class Scalar>
  void add(const SparseCode<Scalar>& code) {
    require_latents("CodeCounts latent", code, n_latents());
    for (Index e = 0; e < code.stored(); ++e) {
      if (code.values[e] == 0) continue;
      const Index latent = code.latents[e];
      ++active_[latent];
      ++bins_[latent * n_bins() + quantizer_.bin(latent, static_cast<double>(code.values[e]))];
    }
    n_samples_ += code.n_samples();
  }

  [[nodiscard]] Index n_samples() const { return n_samples_; }
  [[nodiscard]] Index n_latents() const { return active_.size(); }
  [[nodiscard]] Index n_bins() const { return quantizer_.n_bins(); }
  [[nodiscard]] const CodeQuantizer& quantizer() const { return quantizer_; }

  /// Samples in which the latent was active.
  [[nodiscard]] std::int64_t active(Index latent) const { return active_[latent]; }

  /// n_bins numbers that add up to active(latent).
  [[nodiscard]] Slice<const std::int64_t> bins(Index latent) const {
    return bins_.slice().part(latent * n_bins(), n_bins());
  }

 private:
  CodeQuantizer quantizer_;
  Buffer<std::int64_t> active_;
  Buffer<std::int64_t> bins_;
  Index n_samples_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
