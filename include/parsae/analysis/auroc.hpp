// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/midranks.hpp>
#include <parsae/core/check.hpp>

#include <cmath>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// Area under the receiver operating characteristic: the probability that a positive sample scores higher than a
/// negative one, ties one half. NaN where all samples are positive or none is.
/// \param ranked       of the scores; rank once where many classes are asked about
/// \param is_positive  by sample, 0 or not
[[nodiscard]] inline double auroc(const Midranks& ranked, Slice<const std::uint8_t> is_positive) {
  require_shape("auroc is_positive", is_positive.size(), 1, ranked.ranks.size(), 1);
  double rank_sum = 0;
  double n_positive = 0;
  for (Index i = 0; i < is_positive.size(); ++i) {
    if (is_positive[i] == 0) continue;
    rank_sum += ranked.ranks[i];
    ++n_positive;
  }
  const double n_negative = static_cast<double>(is_positive.size()) - n_positive;
  if (n_positive == 0 || n_negative == 0) return std::numeric_limits<double>::quiet_NaN();
  return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative);
}

/// \param scores  by sample, without NaN
[[nodiscard]] inline double auroc(Slice<const double> scores, Slice<const std::uint8_t> is_positive) {
  for (const double score : scores)
    if (std::isnan(score)) reject("auroc scores", "numbers", score);
  return auroc(midranks(scores), is_positive);
}

}  // namespace parsae::inline PARSAE_ABI
