// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/false_discovery.hpp>
#include <parsae/analysis/quantile.hpp>
#include <parsae/analysis/row_moments.hpp>
#include <parsae/analysis/welch.hpp>
#include <parsae/core/shuffle.hpp>

#include <algorithm>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

struct DifferentialExpressionSettings {
  double percentile = 99;      ///< positive cells are those above this percentile of the latent, 0 to 100
  Index max_negatives = 1000;  ///< of the inactive cells at most so many, drawn by the seed; >= 2
  double strict_rate = 1e-5;   ///< false discovery rate below which a gene counts, 0 to 1 ...
  double lenient_rate = 0.05;  ///< ... and where none does, 0 to 1
  double fold_change = 2;      ///< a gene counts above this ratio or below its inverse, >= 1
  std::uint64_t seed = 0;
};

/// Which genes differ between the cells that activate a latent most and those that do not activate it at all, as in the
/// tool of Schuster (arXiv 2410.11468): for each gene Welch's t-test, the false discovery rate, and the ratio of means.
struct DifferentialExpression {
  using Settings = DifferentialExpressionSettings;

  Buffer<Index> positives;     ///< cells with an activation above the percentile, and above 0
  Buffer<Index> negatives;     ///< cells with an activation of 0
  Buffer<double> log_p;        ///< by gene; all empty unless was_tested()
  Buffer<double> log_rate;     ///< by gene: log of the adjusted p-value, see log_false_discovery_rates
  Buffer<double> fold_change;  ///< by gene: ratio of means; 1 where both are 0, infinite where the second is
  Buffer<Index> differing;     ///< genes that count, ascending
  double rate = 0;             ///< the false discovery rate that was asked of them: strict or lenient

  /// A t-test needs two cells on either side.
  [[nodiscard]] bool was_tested() const { return positives.size() >= 2 && negatives.size() >= 2; }
  [[nodiscard]] Index n_genes() const { return log_p.size(); }

  /// \param expression  n_genes x n, finite; counts or rates: the mean over a group of cells may not be negative
  /// \param activation  n, finite; of the latent
  template <class Scalar, class LatentScalar>
  DifferentialExpression(const Matrix<Scalar>& expression, const Vector<LatentScalar>& activation,
                         const Settings& settings = {}) {
    if (!has_two_groups(expression, activation, settings)) return;
    const RowMoments positive = row_moments(expression, positives.slice());
    const RowMoments negative = row_moments(expression, negatives.slice());
    compare(positive, negative, positive.mean, negative.mean, settings);
  }

  /// The same with ratios of means of `rates`, where `expression` is on another scale: whether a gene differs is better
  /// told by logarithms, whose spread depends less on the mean, and by how much it does is not.
  /// \param expression  n_genes x n, finite
  /// \param rates       n_genes x n, finite; the mean over a group of cells may not be negative
  template <class Scalar, class RateScalar, class LatentScalar>
  DifferentialExpression(const Matrix<Scalar>& expression, const Matrix<RateScalar>& rates,
                         const Vector<LatentScalar>& activation, const Settings& settings = {}) {
    require_shape("DifferentialExpression rates", rates.rows(), rates.cols(), expression.rows(), expression.cols());
    require_finite("DifferentialExpression rates", rates);
    if (!has_two_groups(expression, activation, settings)) return;
    compare(row_moments(expression, positives.slice()), row_moments(expression, negatives.slice()),
            row_moments(rates, positives.slice()).mean, row_moments(rates, negatives.slice()).mean, settings);
  }

 private:
  template <class Scalar, class LatentScalar>
  [[nodiscard]] bool has_two_groups(const Matrix<Scalar>& expression, const Vector<LatentScalar>& activation,
                                    const Settings& settings) {
    check(settings);
    require_at_least("DifferentialExpression cells", expression.cols(), Index{1});
    require_shape("DifferentialExpression activation", activation.size(), 1, expression.cols(), 1);
    require_finite("DifferentialExpression activation", activation);
    require_finite("DifferentialExpression expression", expression);
    choose_cells(activation, settings);
    return was_tested();
  }

  static void check(const Settings& settings) {
    require_between("DifferentialExpression percentile", settings.percentile, 0.0, 100.0);
    require_at_least("DifferentialExpression max_negatives", settings.max_negatives, Index{2});
    require_between("DifferentialExpression strict_rate", settings.strict_rate, 0.0, 1.0);
    require_between("DifferentialExpression lenient_rate", settings.lenient_rate, 0.0, 1.0);
    require_at_least("DifferentialExpression fold_change", settings.fold_change, 1.0);
  }

  template <class LatentScalar>
  void choose_cells(const Vector<LatentScalar>& activation, const Settings& settings) {
    Buffer<double> values;
    for (const LatentScalar value : activation) values.push_back(static_cast<double>(value));
    const double bound = std::max(quantile(values, settings.percentile / 100), 0.0);
    for (Index i = 0; i < values.size(); ++i) {
      if (values[i] > bound) positives.push_back(i);
      if (values[i] == 0) negatives.push_back(i);
    }
    if (negatives.size() <= settings.max_negatives) return;
    shuffle_front(negatives.slice(), settings.max_negatives, Random(settings.seed, Draws::Subset, 0));
    negatives.resize(settings.max_negatives);
    std::sort(negatives.begin(), negatives.end());
  }

  void compare(const RowMoments& positive, const RowMoments& negative, const Vector<double>& positive_rate,
               const Vector<double>& negative_rate, const Settings& settings) {
    for (Index g = 0; g < positive_rate.size(); ++g) {
      const double above = positive_rate(g);
      const double inactive = negative_rate(g);
      if (above < 0 || inactive < 0)
        reject("DifferentialExpression expression", "counts or rates, with no negative mean",
               std::min(above, inactive));
      log_p.push_back(WelchTest({positive.n_samples, positive.mean(g), positive.squares(g)},
                                {negative.n_samples, negative.mean(g), negative.squares(g)})
                          .log_p);
      fold_change.push_back(above == inactive ? 1 : above / inactive);
    }
    log_rate = log_false_discovery_rates(log_p.slice());
    for (const double wanted : {settings.strict_rate, settings.lenient_rate}) {
      if (!differing.empty()) break;
      rate = wanted;
      choose_genes(settings.fold_change);
    }
  }

  void choose_genes(double ratio) {
    for (Index g = 0; g < n_genes(); ++g)
      if (log_rate[g] < std::log(rate) && (fold_change[g] > ratio || fold_change[g] < 1 / ratio))
        differing.push_back(g);
  }
};

}  // namespace parsae::inline PARSAE_ABI
