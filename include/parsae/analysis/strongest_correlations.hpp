// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/row_similarities.hpp>

#include <cmath>
#include <limits>

namespace parsae::inline PARSAE_ABI {

struct StrongestCorrelationsSettings {
  Similarity kind = Similarity::Pearson;
  double above = 0.95;  ///< what `n_above` counts, 0 to 1
  Threads threads = Threads::available();
};

/// Which latent follows each hidden variable best, and how closely. A variable that is constant over the samples can be
/// followed by none: its correlation is NaN, its latent -1, and no mean or maximum counts it.
struct StrongestCorrelations {
  Vector<double> strongest;  ///< by variable: the correlation of the latent with the largest |correlation|, signed
  Buffer<Index> latent;      ///< by variable: that latent, the lower of equal ones; -1 where all are constant
  Vector<double> mean_size;  ///< by variable: mean |correlation| over the latents that are not constant
  Buffer<Index> n_above;     ///< by variable: latents with |correlation| > Settings::above
  Index n_constant_variables = 0;
  Index n_constant_latents = 0;

  /// Mean over the variables of the largest |correlation|; NaN where all are constant.
  [[nodiscard]] double mean_strongest() const {
    double sum = 0;
    for (const double correlation : strongest)
      if (!std::isnan(correlation)) sum += std::abs(correlation);
    return sum / static_cast<double>(strongest.size() - n_constant_variables);
  }

  /// The largest |correlation| with any variable: a far smaller claim than the mean; NaN where all are constant.
  [[nodiscard]] double max_strongest() const {
    double largest = std::numeric_limits<double>::quiet_NaN();
    for (const double correlation : strongest) largest = std::fmax(largest, std::abs(correlation));
    return largest;
  }
};

namespace detail {

/// By row: whether all samples have the same value.
template <class Scalar>
[[nodiscard]] Buffer<std::uint8_t> constant_rows(const Matrix<Scalar>& matrix) {
  const Vector<Scalar> low = matrix.rowwise().minCoeff();
  const Vector<Scalar> high = matrix.rowwise().maxCoeff();
  Buffer<std::uint8_t> is_constant(matrix.rows());
  for (Index row = 0; row < matrix.rows(); ++row) is_constant[row] = low(row) == high(row);
  return is_constant;
}

}  // namespace detail

/// The recovery metric of Schuster (arXiv 2410.11468): the largest correlation of any latent with each hidden variable.
/// The more latents, the larger it is by chance alone; compare with latents of shuffled samples.
/// \param latents    n_latents x n, n >= 1, n_latents >= 1, finite; dense codes
/// \param variables  n_variables x n, n_variables >= 1, finite
template <class ScalarA, class ScalarB>
[[nodiscard]] StrongestCorrelations strongest_correlations(const Matrix<ScalarA>& latents,
                                                           const Matrix<ScalarB>& variables,
                                                           const StrongestCorrelationsSettings& settings = {}) {
  require_between("strongest_correlations above", settings.above, 0.0, 1.0);
  require_at_least("strongest_correlations latents", latents.rows(), Index{1});
  require_at_least("strongest_correlations variables", variables.rows(), Index{1});
  if (settings.kind == Similarity::Cosine) reject("strongest_correlations kind", "Pearson or Spearman", "Cosine");
  const Matrix<double> all = row_similarities(latents, variables, {.kind = settings.kind, .threads = settings.threads});
  const Buffer<std::uint8_t> is_constant_latent = detail::constant_rows(latents);
  const Buffer<std::uint8_t> is_constant_variable = detail::constant_rows(variables);

  StrongestCorrelations result;
  for (const std::uint8_t is_constant : is_constant_latent) result.n_constant_latents += is_constant;
  for (const std::uint8_t is_constant : is_constant_variable) result.n_constant_variables += is_constant;
  result.strongest = Vector<double>::Constant(variables.rows(), std::numeric_limits<double>::quiet_NaN());
  result.mean_size = Vector<double>::Zero(variables.rows());
  result.latent.assign(variables.rows(), -1);
  result.n_above.assign(variables.rows(), 0);
  const double n_varying = static_cast<double>(latents.rows() - result.n_constant_latents);
  for (Index v = 0; v < variables.rows(); ++v) {
    if (is_constant_variable[v] != 0) continue;
    result.strongest(v) = 0;
    for (Index j = 0; j < latents.rows(); ++j) {
      if (is_constant_latent[j] != 0) continue;
      const double size = std::abs(all(j, v));
      result.mean_size(v) += size / n_varying;
      result.n_above[v] += size > settings.above;
      if (result.latent[v] >= 0 && size <= std::abs(result.strongest(v))) continue;
      result.strongest(v) = all(j, v);
      result.latent[v] = j;
    }
  }
  return result;
}

}  // namespace parsae::inline PARSAE_ABI
