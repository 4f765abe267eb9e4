// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/cholesky.hpp>
#include <parsae/analysis/row_moments.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace parsae::inline PARSAE_ABI {

struct LinearProbeSettings {
  double ridge = 1e-6;  ///< weight of |w|^2 against the mean squared error, latents at unit variance; >= 0
  Threads threads = Threads::available();
};

/// R^2 of a probe, by variable.
struct ProbeScore {
  Vector<double> r2;               ///< 1 - sum (h - prediction)^2 / sum (h - mean h)^2; NaN for a constant variable
  Index n_constant_variables = 0;  ///< variables of which there is nothing to predict

  /// Over the variables that vary; NaN where none does.
  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double value : r2)
      if (!std::isnan(value)) sum += value;
    return sum / static_cast<double>(r2.size() - n_constant_variables);
  }
};

/// How much of some hidden variables lies linearly in a representation: closed-form ridge regression
///
///     h(v) ~ b(v) + sum_j w(j, v) (z(j) - mean_j) / deviation_j,     minimizing  mean squared error + ridge |w|^2.
///
/// Fitted on some samples and scored on others, the R^2 is an honest one, and below 0 where the mean would do better.
/// A latent that is constant over the samples of the fit takes no part. Deterministic for any number of threads.
class LinearProbe {
 public:
  using Settings = LinearProbeSettings;

  /// Takes 8 n_latents^2 bytes, and n n_latents^2 / 2 multiply-adds. Throws where ridge is 0 and latents depend on each
  /// other.
  /// \param latents    n_latents x n, n >= 2, finite
  /// \param variables  n_variables x n, finite
  template <class ScalarA, class ScalarB>
  LinearProbe(const Matrix<ScalarA>& latents, const Matrix<ScalarB>& variables, const Settings& settings = {}) {
    require_not_negative("LinearProbe ridge", settings.ridge);
    require_at_least("LinearProbe samples", latents.cols(), Index{2});
    require_shape("LinearProbe variables", variables.rows(), variables.cols(), variables.rows(), latents.cols());
    require_finite("LinearProbe latents", latents);
    require_finite("LinearProbe variables", variables);
    const RowMoments of_latents = row_moments(latents);
    latent_mean_ = of_latents.mean;
    const Vector<double> variance = of_latents.variance();
    // Beyond the smallest normal number the reciprocal would be infinite.
    scale_ = variance.unaryExpr([](double v) { return v > 1e-300 ? 1 / std::sqrt(v) : 0; });
    variable_mean_ = row_moments(variables).mean;
    solve(products(latents, variables, settings.threads), settings);
  }

  /// n_latents x n_variables, for latents at unit variance.
  [[nodiscard]] const Matrix<double>& weights() const { return weights_; }

  /// n_variables x n.
  template <class Scalar>
  [[nodiscard]] Matrix<double> predict(const Matrix<Scalar>& latents) const {
    require_shape("LinearProbe latents", latents.rows(), latents.cols(), latent_mean_.size(), latents.cols());
    Matrix<double> predicted(variable_mean_.size(), latents.cols());
    Vector<double> unit(latents.rows());
    for (Index i = 0; i < latents.cols(); ++i) {
      for (Index j = 0; j < unit.size(); ++j)
        unit(j) = (static_cast<double>(latents(j, i)) - latent_mean_(j)) * scale_(j);
      for (Index v = 0; v < predicted.rows(); ++v)
        predicted(v, i) = variable_mean_(v) + Column<double>::dot(unit.data(), weights_.col(v).data(), unit.size());
    }
    return predicted;
  }

  /// \param latents    n_latents x n, n >= 1, finite: samples that the fit has not seen
  /// \param variables  n_variables x n, finite
  template <class ScalarA, class ScalarB>
  [[nodiscard]] ProbeScore score(const Matrix<ScalarA>& latents, const Matrix<ScalarB>& variables) const {
    require_shape("LinearProbe variables", variables.rows(), variables.cols(), variable_mean_.size(), latents.cols());
    require_finite("LinearProbe latents", latents);
    require_finite("LinearProbe variables", variables);
    const Matrix<double> predicted = predict(latents);
    const RowMoments moments = row_moments(variables);
    ProbeScore found;
    found.r2.resize(variables.rows());
    for (Index v = 0; v < variables.rows(); ++v) {
      double squared_error = 0;
      for (Index i = 0; i < variables.cols(); ++i) {
        const double error = static_cast<double>(variables(v, i)) - predicted(v, i);
        squared_error += error * error;
      }
      const bool is_constant = moments.squares(v) == 0;
      found.n_constant_variables += is_constant;
      found.r2(v) = is_constant ? std::numeric_limits<double>::quiet_NaN() : 1 - squared_error / moments.squares(v);
    }
    return found;
  }

 private:
  /// Upper triangle of the covariances of unit latents, and their covariances with the variables beside it:
  /// n_latents x (n_latents + n_variables). Blocks of samples, added in order.
  template <class ScalarA, class ScalarB>
  [[nodiscard]] Matrix<double> products(const Matrix<ScalarA>& latents, const Matrix<ScalarB>& variables,
                                        Threads threads) const {
    const Index n_latents = latents.rows();
    Matrix<double> sums = Matrix<double>::Zero(n_latents, n_latents + variables.rows());
    constexpr Index block = 512;
    Matrix<double> rows(block, sums.cols());
    for (Index first = 0; first < latents.cols(); first += block) {
      const Index count = std::min(block, latents.cols() - first);
      for (Index i = 0; i < count; ++i) {
        rows.row(i).head(n_latents) =
            (latents.col(first + i).template cast<double>() - latent_mean_).cwiseProduct(scale_).transpose();
        rows.row(i).tail(variables.rows()) =
            (variables.col(first + i).template cast<double>() - variable_mean_).transpose();
      }
      threads.for_each(sums.cols(), [&](Index column, int) {
        const Index n_products = std::min(column + 1, n_latents);
        for (Index j = 0; j < n_products; ++j)
          sums(j, column) += Column<double>::dot(rows.col(j).data(), rows.col(column).data(), count);
      });
    }
    return sums / static_cast<double>(latents.cols());
  }

  void solve(const Matrix<double>& covariances, const Settings& settings) {
    const Index n_latents = covariances.rows();
    Matrix<double> regularized = covariances.leftCols(n_latents);
    for (Index j = 0; j < n_latents; ++j) regularized(j, j) = scale_(j) == 0 ? 1 : regularized(j, j) + settings.ridge;
    const Cholesky cholesky(std::move(regularized), settings.threads);
    if (!cholesky.is_positive_definite())
      reject("LinearProbe ridge", "above 0, as some latents depend linearly on others", settings.ridge);
    weights_.resize(n_latents, covariances.cols() - n_latents);
    for (Index v = 0; v < weights_.cols(); ++v) weights_.col(v) = cholesky.solve(covariances.col(n_latents + v));
  }

  Vector<double> latent_mean_;
  Vector<double> scale_;  // one over the standard deviation; 0 for a constant latent
  Vector<double> variable_mean_;
  Matrix<double> weights_;
};

}  // namespace parsae::inline PARSAE_ABI
