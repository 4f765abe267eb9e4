// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/incomplete_beta.hpp>

namespace parsae::inline PARSAE_ABI {

/// Probabilities of K successes in n independent trials, in logs: extreme tails neither vanish nor overflow.
class Binomial {
 public:
  /// \param trials       0 to 1e9
  /// \param probability  of a success, 0 to 1
  Binomial(Index trials, double probability) : trials_(trials), probability_(probability) {
    require_between("Binomial trials", trials, Index{0}, Index{1'000'000'000});
    require_between("Binomial probability", probability, 0.0, 1.0);
  }

  /// log P(K = k); minus infinity where it cannot be.
  [[nodiscard]] double log_probability(Index k) const {
    if (k < 0 || k > trials_) return nothing;
    if (probability_ == 0) return k == 0 ? 0 : nothing;
    if (probability_ == 1) return k == trials_ ? 0 : nothing;
    const double n = static_cast<double>(trials_);
    const double successes = static_cast<double>(k);
    const double q = 1 - probability_;
    if (k == 0) return n * std::log1p(-probability_);
    if (k == trials_) return n * std::log(probability_);
    // n choose k is 1 / (k B(k, n - k + 1)), and p^k q^(n - k + 1) has one q too many.
    return detail::log_beta_power(successes, n - successes + 1, probability_, q) - std::log(successes) - std::log(q);
  }

  /// log P(K >= k).
  [[nodiscard]] double log_upper_tail(Index k) const {
    if (k <= 0) return 0;
    if (k > trials_) return nothing;
    return log_incomplete_beta(static_cast<double>(k), static_cast<double>(trials_ - k + 1), probability_,
                               1 - probability_);
  }

  /// log P(K <= k).
  [[nodiscard]] double log_lower_tail(Index k) const {
    if (k < 0) return nothing;
    if (k >= trials_) return 0;
    return log_incomplete_beta(static_cast<double>(trials_ - k), static_cast<double>(k + 1), 1 - probability_,
                               probability_);
  }

  /// log of the p-value of k successes, both sides: all outcomes that are no more probable than k. Outcomes within 1e-7
  /// of the probability of k count as equally probable.
  [[nodiscard]] double log_two_sided(Index k) const {
    require_between("Binomial k", k, Index{0}, trials_);
    const double bound = log_probability(k) + 1e-7;
    const Index mode = std::min(static_cast<Index>(static_cast<double>(trials_ + 1) * probability_), trials_);
    if (k == mode || log_probability(mode) <= bound) return 0;
    if (k < mode) {
      // The first place behind the mode, where probabilities fall, that is no more probable.
      Index low = mode;
      Index high = trials_ + 1;
      while (high - low > 1) {
        const Index middle = low + (high - low) / 2;
        (log_probability(middle) <= bound ? high : low) = middle;
      }
      return std::min(log_sum(log_lower_tail(k), log_upper_tail(high)), 0.0);
    }
    Index low = -1;
    Index high = mode;
    while (high - low > 1) {
      const Index middle = low + (high - low) / 2;
      (log_probability(middle) <= bound ? low : high) = middle;
    }
    return std::min(log_sum(log_lower_tail(low), log_upper_tail(k)), 0.0);
  }

 private:
  static constexpr double nothing = -std::numeric_limits<double>::infinity();

  [[nodiscard]] static double log_sum(double a, double b) {
    const double larger = std::max(a, b);
    if (larger == nothing) return nothing;
    return larger + std::log1p(std::exp(std::min(a, b) - larger));
  }

  Index trials_;
  double probability_;
};

}  // namespace parsae::inline PARSAE_ABI
