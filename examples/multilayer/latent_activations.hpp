// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace parsae_examples::multilayer {

using parsae::Index;

/// Where one latent is active in one token: its largest value over the layers that were looked at.
struct Activation {
  Index sample = 0;  ///< the token's column in CapturedStreams
  Index layer = 0;
  float value = 0;
};

/// Everything that the latents of an SAE do on a text: for each latent its activations, ascending in sample.
class LatentActivations {
 public:
  explicit LatentActivations(Index n_latents) : by_latent_(static_cast<std::size_t>(n_latents)) {}

  /// \param code     values >= 0
  /// \param layers   of each sample of the code
  /// \param samples  the token of each sample of the code, ascending
  void add(const parsae::SparseCode<float>& code, parsae::Slice<const std::int32_t> layers,
           parsae::Slice<const std::int64_t> samples) {
    for (Index i = 0; i < code.n_samples(); ++i) {
      for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e) {
        if (!(code.values[e] > 0)) continue;
        std::vector<Activation>& known = by_latent_[static_cast<std::size_t>(code.latents[e])];
        const Activation seen{samples[i], layers[i], code.values[e]};
        if (known.empty() || known.back().sample != seen.sample)
          known.push_back(seen);
        else if (known.back().value < seen.value)
          known.back() = seen;
      }
    }
    if (code.n_samples() > 0) n_tokens_ = std::max(n_tokens_, samples[code.n_samples() - 1] + 1);
  }

  [[nodiscard]] Index n_latents() const { return static_cast<Index>(by_latent_.size()); }
  [[nodiscard]] Index n_tokens() const { return n_tokens_; }
  [[nodiscard]] const std::vector<Activation>& of(Index latent) const {
    return by_latent_[static_cast<std::size_t>(latent)];
  }

  /// The share of tokens in which it is active at any layer.
  [[nodiscard]] double density(Index latent) const {
    return static_cast<double>(of(latent).size()) / static_cast<double>(std::max<Index>(n_tokens_, 1));
  }

  /// The n strongest, strongest first; of equals the earlier one.
  [[nodiscard]] std::vector<Activation> strongest(Index latent, Index n) const {
    std::vector<Activation> sorted = of(latent);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Activation& a, const Activation& b) { return a.value > b.value; });
    sorted.resize(std::min(sorted.size(), static_cast<std::size_t>(n)));
    return sorted;
  }

  /// The mean of the ten strongest; 0 for a silent latent.
  [[nodiscard]] double top_value(Index latent) const {
    const std::vector<Activation> top = strongest(latent, 10);
    double sum = 0;
    for (const Activation& activation : top) sum += static_cast<double>(activation.value);
    return top.empty() ? 0 : sum / static_cast<double>(top.size());
  }

 private:
  std::vector<std::vector<Activation>> by_latent_;
  Index n_tokens_ = 0;
};

/// Latents that are active in some tokens and not in most: the ones that a reader can make something of. Those of the
/// largest top_value() first, at most n of them.
[[nodiscard]] inline std::vector<Index> telling_latents(const LatentActivations& activations,
                                                        const std::vector<Index>& among, Index n) {
  constexpr std::size_t fewest = 12;
  constexpr double densest = 0.02;
  std::vector<std::pair<double, Index>> ranked;
  for (const Index latent : among)
    if (activations.of(latent).size() >= fewest && activations.density(latent) <= densest)
      ranked.emplace_back(-activations.top_value(latent), latent);
  std::sort(ranked.begin(), ranked.end());
  std::vector<Index> chosen;
  for (const auto& [value, latent] : ranked)
    if (static_cast<Index>(chosen.size()) < n) chosen.push_back(latent);
  return chosen;
}

}  // namespace parsae_examples::multilayer
