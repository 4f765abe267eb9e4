// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/types.hpp>
#include <parsae/steering/routing.hpp>

#include <array>

#include "network_shape.hpp"

namespace parsae_experts {

/// Which experts the tokens of a block go to, sorted by expert, so that each expert's tokens are one product: visits
/// offsets[e] to offsets[e + 1] - 1 are those of expert e, their tokens ascending.
template <class Scalar>
struct RoutedTokens {
  parsae::Buffer<Index> offsets;   ///< n_experts + 1
  parsae::Buffer<Index> tokens;    ///< of each visit
  parsae::Buffer<Scalar> weights;  ///< of each visit
  parsae::Buffer<Scalar> scores;   ///< of each visit
  parsae::Buffer<Scalar> sums;     ///< of each token's chosen scores

  [[nodiscard]] Index n_visits() const { return tokens.size(); }
  [[nodiscard]] Index count_of(Index expert) const { return offsets[expert + 1] - offsets[expert]; }

  /// \param scores_of  n_experts x n_tokens
  void route(const parsae::Matrix<Scalar>& scores_of, parsae::Slice<const Scalar> bias, const parsae::Routing& routing,
             parsae::Slice<const parsae::Treatment> treatments, const parsae::Intervention::Settings& how) {
    const Index n_experts = scores_of.rows();
    const Index n_tokens = scores_of.cols();
    const Index k = routing.settings().k;
    chosen_.resize(n_tokens * k);
    counts_.resize(n_tokens);
    offsets.assign(n_experts + 1, 0);
    sums.assign(n_tokens, Scalar(0));
    for (Index token = 0; token < n_tokens; ++token) {
      counts_[token] = routing.choose<Scalar>({scores_of.col(token).data(), n_experts}, bias, treatments, how,
                                              chosen_.slice().part(token * k, k));
      for (Index i = 0; i < counts_[token]; ++i) {
        ++offsets[chosen_[token * k + i].unit + 1];
        sums[token] += chosen_[token * k + i].score;
      }
    }
    for (Index expert = 0; expert < n_experts; ++expert) offsets[expert + 1] += offsets[expert];
    sort_by_expert(n_tokens, k);
  }

 private:
  void sort_by_expert(Index n_tokens, Index k) {
    const Index n = offsets.back();
    tokens.resize(n);
    weights.resize(n);
    scores.resize(n);
    next_ = offsets;
    for (Index token = 0; token < n_tokens; ++token) {
      for (Index i = 0; i < counts_[token]; ++i) {
        const parsae::ChosenUnit<Scalar>& one = chosen_[token * k + i];
        const Index visit = next_[one.unit]++;
        tokens[visit] = token;
        weights[visit] = one.weight;
        scores[visit] = one.score;
      }
    }
  }

  parsae::Buffer<parsae::ChosenUnit<Scalar>> chosen_;
  parsae::Buffer<Index> counts_;
  parsae::Buffer<Index> next_;
};

}  // namespace parsae_experts
