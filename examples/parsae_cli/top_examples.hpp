// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace parsae_cli {

using parsae::Index;

/// A sample in which a latent is active.
struct TopExample {
  float value = 0;
  std::int64_t sample = 0;  ///< position in the stream of all files

  /// Larger first, then the earlier sample.
  [[nodiscard]] bool wins(const TopExample& other) const {
    return value != other.value ? value > other.value : sample < other.sample;
  }
};

/// The samples in which each latent is most active, from a stream of codes. Memory is n_latents x `per_latent`,
/// whatever the number of samples, and the order in which samples come does not matter.
class TopExamples {
 public:
  /// \param per_latent  >= 1
  TopExamples(Index n_latents, Index per_latent)
      : per_latent_(static_cast<std::size_t>(per_latent)), best_(static_cast<std::size_t>(n_latents)) {
    parsae::require_at_least("TopExamples per_latent", per_latent, Index{1});
  }

  [[nodiscard]] Index n_latents() const { return static_cast<Index>(best_.size()); }

  /// \param sample_ids  of the samples of `code`, one for each
  void add(const parsae::SparseCode<float>& code, parsae::Slice<const std::int64_t> sample_ids) {
    parsae::require_shape("TopExamples sample_ids", sample_ids.size(), 1, code.n_samples(), 1);
    parsae::require_latents("TopExamples latent", code, n_latents());
    for (Index i = 0; i < code.n_samples(); ++i)
      for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
        if (code.values[e] != 0) add(best_[static_cast<std::size_t>(code.latents[e])], {code.values[e], sample_ids[i]});
  }

  /// Of one latent, best first; fewer than per_latent where it was active less often.
  [[nodiscard]] std::vector<TopExample> of(Index latent) const {
    std::vector<TopExample> examples = best_[static_cast<std::size_t>(latent)];
    std::sort(examples.begin(), examples.end(), wins);
    return examples;
  }

 private:
  [[nodiscard]] static bool wins(const TopExample& a, const TopExample& b) { return a.wins(b); }

  /// A heap with the worst example on top.
  void add(std::vector<TopExample>& heap, const TopExample& example) const {
    if (heap.size() == per_latent_) {
      if (!example.wins(heap.front())) return;
      std::pop_heap(heap.begin(), heap.end(), wins);
      heap.pop_back();
    }
    heap.push_back(example);
    std::push_heap(heap.begin(), heap.end(), wins);
  }

  std::size_t per_latent_;
  std::vector<std::vector<TopExample>> best_;
};

}  // namespace parsae_cli
