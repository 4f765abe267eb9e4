// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

/// How sparse codes are, as a stream of batches. Active means value != 0: explicit zeros do not count.
class CodeMetrics {
 public:
  explicit CodeMetrics(Index n_latents) : active_(n_latents, 0) {
    require_at_least("CodeMetrics n_latents", n_latents, Index{1});
  }

  template <class Scalar>
  void add(const SparseCode<Scalar>& code) {
    require_latents("CodeMetrics latent", code, n_latents());
    n_samples_ += code.n_samples();
    for (Index e = 0; e < code.stored(); ++e) active_[code.latents[e]] += code.values[e] != 0;
  }

  [[nodiscard]] Index n_samples() const { return n_samples_; }
  [[nodiscard]] Index n_latents() const { return active_.size(); }

  /// Mean number of active latents a sample.
  [[nodiscard]] double l0() const {
    double total = 0;
    for (const std::int64_t count : active_) total += static_cast<double>(count);
    return total / static_cast<double>(n_samples_);
  }

  /// Share of samples in which the latent is active.
  [[nodiscard]] double density(Index latent) const {
    return static_cast<double>(active_[latent]) / static_cast<double>(n_samples_);
  }

  /// Share of latents that were active in none of the n_samples() seen. State n_samples() beside it: the number falls
  /// as more samples are seen.
  [[nodiscard]] double dead_fraction() const {
    Index dead = 0;
    for (const std::int64_t count : active_) dead += count == 0;
    return static_cast<double>(dead) / static_cast<double>(active_.size());
  }

 private:
  Index n_samples_ = 0;
  Buffer<std::int64_t> active_;
};

}  // namespace parsae::inline PARSAE_ABI
