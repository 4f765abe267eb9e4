// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/parameter_array.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// How many samples of a batch each latent may be active in, when budgets are no whole numbers.
///
/// A latent with density p has the budget m = p x batch. What is left of it is carried on as credit:
///
///     n = min(floor(credit + m), batch),   credit <- credit + m - n
///
/// so over any number of batches a latent is granted its budgets to within one sample, whatever the batch sizes.
/// Densities and credits are multiples of 2^-24, exact in float: nothing is lost however long a run is.
template <class Scalar>
class LatentBudgets {
 public:
  /// Densities of zero: nothing is granted.
  LatentBudgets() = default;
  explicit LatentBudgets(Index n_latents)
      : densities_(Vector<Scalar>::Zero(n_latents)), credits_(Vector<Scalar>::Zero(n_latents)) {}

  [[nodiscard]] Index n_latents() const { return densities_.size(); }
  [[nodiscard]] double density(Index latent) const { return static_cast<double>(densities_(latent)); }
  [[nodiscard]] double credit(Index latent) const { return static_cast<double>(credits_(latent)); }

  /// n of a latent in the next batch.
  [[nodiscard]] Index granted(Index latent, Index batch) const {
    return std::min(static_cast<Index>(total(latent, batch)), batch);
  }

  /// The next batch is over.
  void advance(Index batch) {
    for (Index j = 0; j < n_latents(); ++j) {
      const double left = total(j, batch) - static_cast<double>(granted(j, batch));
      credits_(j) = static_cast<Scalar>(std::min(left, 1.0));
    }
  }

  /// Gives the latent ranks[r] the density densities[r], rounded to a multiple of 2^-24, with the sum kept, and at
  /// least 2^-24: no latent is without budget.
  ///
  /// Credits start at r + 1 golden ratios modulo 1, the sequence that spreads any number of consecutive ranks most
  /// evenly: with budgets below one, each batch wakes about as many latents as any other.
  /// \param densities  0 to 1, not ascending, one for each latent
  /// \param ranks      a permutation of the latents
  void assign(Slice<const double> densities, Slice<const LatentId> ranks) {
    require_shape("LatentBudgets densities", densities.size(), 1, n_latents(), 1);
    require_shape("LatentBudgets ranks", ranks.size(), 1, n_latents(), 1);
    double tail = 0;  // from the least one upwards, so that what the least ones have too much the others pay
    std::int64_t given = 0;
    for (Index r = n_latents(); r-- > 0;) {
      tail += densities[r];
      const std::int64_t units = std::max(std::int64_t{std::llround(tail * one)} - given, std::int64_t{1});
      given += units;
      densities_(ranks[r]) = static_cast<Scalar>(std::min(static_cast<double>(units) / one, 1.0));
      const std::int64_t phase = (r + 1) % whole * golden % whole;
      credits_(ranks[r]) = static_cast<Scalar>(static_cast<double>(phase) / one);
    }
  }

  void check(const std::string& owner) const {
    for (const Scalar density : densities_) require_between(owner + " density", density, Scalar(0), Scalar(1));
    for (const Scalar credit : credits_) require_between(owner + " credit", credit, Scalar(0), Scalar(1));
  }

  /// Two entries a latent: density, credit.
  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(array("density", densities_));
    visit(array("credit", credits_));
  }

 private:
  static constexpr std::int64_t whole = std::int64_t{1} << 24;
  static constexpr double one = static_cast<double>(whole);
  static constexpr std::int64_t golden = 10368889;  ///< (sqrt(5) - 1) / 2 of `whole`; odd, so phases do not repeat

  /// Exact for batches below 2^29.
  [[nodiscard]] double total(Index latent, Index batch) const {
    return credit(latent) + density(latent) * static_cast<double>(batch);
  }

  [[nodiscard]] static ParameterArray<Scalar> array(std::string_view name, Vector<Scalar>& values) {
    return {name, Role::Statistic, Axis::Latent, 1, {values.data(), values.size()}};
  }

  Vector<Scalar> densities_;
  Vector<Scalar> credits_;
};

}  // namespace parsae::inline PARSAE_ABI
