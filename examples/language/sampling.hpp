// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/slice.hpp>

#include <language/llama_shape.hpp>

#include <algorithm>

namespace parsae_examples {

/// How a token is drawn from logits.
struct Sampling {
  double temperature = 1;  ///< logits are divided by it, >= 0; 0: the token of the largest logit, the first of equals
  double top_p = 1;        ///< only the likeliest tokens that together reach this probability, above 0, at most 1
};

inline void require_sampling(const Sampling& sampling) {
  parsae::require_not_negative("Sampling temperature", sampling.temperature);
  parsae::require_positive("Sampling top_p", sampling.top_p);
  parsae::require_between("Sampling top_p", sampling.top_p, 0.0, 1.0);
}

namespace detail {

/// Logits become probabilities: p_i = exp((logit_i - largest) / temperature) / sum.
inline void make_probabilities(parsae::Slice<float> logits, double temperature) {
  Eigen::Map<Eigen::ArrayXf> values(logits.data(), logits.size());
  values = ((values - values.maxCoeff()) / static_cast<float>(temperature)).exp();
  double total = 0;
  for (const float value : logits) total += value;
  values /= static_cast<float>(total);
}

/// The first of n tokens, in the order of token_of_rank, at which the running sum of probabilities exceeds `mark`; by
/// rounding there may be none, then the last that has any.
template <class TokenOfRank>
[[nodiscard]] Token token_at(parsae::Slice<const float> probabilities, Index n, const TokenOfRank& token_of_rank,
                             double mark) {
  double sum = 0;
  Token last = 0;
  for (Index rank = 0; rank < n && sum <= mark; ++rank) {
    const Token token = token_of_rank(rank);
    if (probabilities[token] <= 0) continue;
    sum += probabilities[token];
    last = token;
  }
  return last;
}

}  // namespace detail

/// Draws a token with `uniform` in [0, 1); -1 when a logit is not finite. Overwrites the logits. The settings must have
/// passed require_sampling().
[[nodiscard]] inline Token sample_token(parsae::Slice<float> logits, const Sampling& sampling, double uniform) {
  if (!Eigen::Map<const parsae::Vector<float>>(logits.data(), logits.size()).allFinite()) return -1;
  if (sampling.temperature == 0)
    return static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  detail::make_probabilities(logits, sampling.temperature);
  if (sampling.top_p >= 1)
    return detail::token_at(
        logits, logits.size(), [](Index rank) { return static_cast<Token>(rank); }, uniform);
  parsae::Buffer<Token> order(logits.size());
  for (Index i = 0; i < order.size(); ++i) order[i] = static_cast<Token>(i);
  std::stable_sort(order.begin(), order.end(), [&](Token a, Token b) { return logits[a] > logits[b]; });
  double kept = 0;
  Index n = 0;
  while (n < order.size() && kept < sampling.top_p) kept += logits[order[n++]];
  return detail::token_at(
      logits, n, [&](Index rank) { return order[rank]; }, uniform * kept);
}

}  // namespace parsae_examples
