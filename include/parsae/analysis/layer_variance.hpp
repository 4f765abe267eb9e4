// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/token_layers.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <limits>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// The share of one latent in LayerVariance.
struct LatentLayerVariance {
  double mass = 0;            ///< sum of its values
  double mean_layer = 0;      ///< E[L | j]; 0 without mass, as the variances
  double within_tokens = 0;   ///< E_t Var(L | t, j)
  double between_tokens = 0;  ///< Var_t E[L | t, j]

  /// Var(L | j), aggregated over tokens.
  [[nodiscard]] double aggregated() const { return within_tokens + between_tokens; }
};

/// Variances of the layer in all latents, each latent weighted by its mass; in squared layers.
struct LayerVarianceSummary {
  double total = 0;       ///< Var(L) = E_j Var(L | j) + Var_j E[L | j]
  double aggregated = 0;  ///< E_j Var(L | j): a latent's layers over all tokens
  double token = 0;       ///< E_{t,j} Var(L | t, j): a latent's layers in a single token

  /// Share of a latent's variance that a single token has: 0 where a latent is at one layer at a time, 1 where every
  /// token has it at the same layers. NaN where latents have no variance.
  [[nodiscard]] double r_token() const { return token / aggregated; }
  /// Share of all variance that is inside latents. NaN where all mass is at one layer.
  [[nodiscard]] double r_latent() const { return aggregated / total; }
};

/// At how many layers a latent is active, in a single token and over all tokens, as a stream of batches (after Lawson
/// et al., arXiv 2409.04185). A code is a distribution over layers L, tokens t and latents j, weighted by its values z:
///
///     P(l | t, j) = z_ltj / sum_l z_ltj,   P(t | j) = sum_l z_ltj / sum_lt z_ltj,   P(j) = sum_lt z_ltj / sum z
///     Var(L | j) = E_t Var(L | t, j) + Var_t E[L | t, j]        (the law of total variance, exact)
///
/// The published code averages P(l | t, j) over all tokens, also those without the latent, which is no distribution and
/// makes a variance depend on where layer 0 is; with P(t | j) as above it does not.
///
/// Memory: O(n_latents). The bits depend on the order of the tokens and not on where batches end.
class LayerVariance {
 public:
  LayerVariance(Index n_latents, Index n_layers) : n_layers_(n_layers), latents_(n_latents), in_token_(n_latents) {
    require_at_least("LayerVariance n_latents", n_latents, Index{1});
    require_at_least("LayerVariance n_layers", n_layers, Index{1});
  }

  /// \param code    values finite and >= 0
  /// \param layers  the layer of each sample, 0 to n_layers - 1
  /// \param tokens  the token of each sample; all layers of a token lie together, as require_whole_tokens() has it
  template <class Scalar>
  void add(const SparseCode<Scalar>& code, Slice<const std::int32_t> layers, Slice<const std::int64_t> tokens) {
    require_latents("LayerVariance latent", code, latents_.size());
    require_whole_tokens("LayerVariance", code.n_samples(), layers, tokens, n_layers_);
    for (const Scalar value : code.values) require_not_negative("LayerVariance value", static_cast<double>(value));
    for (Index first = 0; first < code.n_samples(); first += n_layers_) add_token(code, layers, first);
    n_tokens_ += code.n_samples() / n_layers_;
  }

  [[nodiscard]] Index n_latents() const { return latents_.size(); }
  [[nodiscard]] Index n_layers() const { return n_layers_; }
  [[nodiscard]] Index n_tokens() const { return n_tokens_; }

  [[nodiscard]] LatentLayerVariance of(Index latent) const {
    const Sums& sums = latents_[latent];
    if (sums.mass == 0) return {};
    return {sums.mass, sums.mean, sums.within / sums.mass, sums.between / sums.mass};
  }

  /// All NaN before the first active latent.
  [[nodiscard]] LayerVarianceSummary summary() const {
    Sums all;
    double aggregated = 0;
    for (const Sums& sums : latents_) {
      if (sums.mass == 0) continue;
      aggregated += sums.within + sums.between;
      all.within += sums.within;
      all.take_mean(sums.mass, sums.mean);
    }
    if (all.mass == 0) {
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      return {nan, nan, nan};
    }
    return {(aggregated + all.between) / all.mass, aggregated / all.mass, all.within / all.mass};
  }

 private:
  /// Sums about means that are known at the time: no difference of large sums, so exact zeros stay zeros.
  struct Sums {
    double mass = 0;
    double mean = 0;
    double within = 0;   // sum of z (l - mean of the token)^2
    double between = 0;  // sum over tokens of mass (mean of the token - mean)^2

    void take_mean(double more_mass, double its_mean) {
      mass += more_mass;
      const double difference = its_mean - mean;
      mean += more_mass / mass * difference;
      between += more_mass * difference * (its_mean - mean);
    }
  };

  struct InToken {
    double mass = 0;
    double moment = 0;  // sum of z l
  };

  template <class Scalar>
  void add_token(const SparseCode<Scalar>& code, Slice<const std::int32_t> layers, Index first) {
    active_.clear();
    for_each_entry(code, layers, first, [&](LatentId j, double value, double layer) {
      if (in_token_[j].mass == 0) active_.push_back(j);
      in_token_[j].mass += value;
      in_token_[j].moment += value * layer;
    });
    for_each_entry(code, layers, first, [&](LatentId j, double value, double layer) {
      const double difference = layer - in_token_[j].moment / in_token_[j].mass;
      latents_[j].within += value * difference * difference;
    });
    for (const LatentId j : active_) {
      latents_[j].take_mean(in_token_[j].mass, in_token_[j].moment / in_token_[j].mass);
      in_token_[j] = {};
    }
  }

  template <class Scalar, class Body>
  void for_each_entry(const SparseCode<Scalar>& code, Slice<const std::int32_t> layers, Index first,
                      const Body& body) const {
    for (Index i = first; i < first + n_layers_; ++i) {
      for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e)
        if (code.values[e] > 0) body(code.latents[e], static_cast<double>(code.values[e]), layers[i]);
    }
  }

  Index n_layers_;
  Index n_tokens_ = 0;
  Buffer<Sums> latents_;
  Buffer<InToken> in_token_;
  Buffer<LatentId> active_;
};

}  // namespace parsae::inline PARSAE_ABI
