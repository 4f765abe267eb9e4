// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/midranks.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>

#include <algorithm>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// How alike two variables are over samples, -1 to 1. Spearman is Pearson between midranks.
enum class Similarity { Cosine, Pearson, Spearman };

struct RowSimilaritiesSettings {
  Similarity kind = Similarity::Pearson;
  Threads threads = Threads::available();
};

namespace detail {

/// Row `row` of `matrix` as a unit vector whose inner product with another is their similarity; zeros where it has
/// none: a constant row for the correlations, a row of zeros for the cosine.
template <class Scalar>
void unit_row(const Matrix<Scalar>& matrix, Index row, Similarity kind, double* unit) {
  const Index n = matrix.cols();
  Eigen::Map<Vector<double>> values(unit, n);
  values = matrix.row(row).transpose().template cast<double>();
  if (kind == Similarity::Spearman) {
    const Midranks ranked = midranks({unit, n});
    std::copy(ranked.ranks.begin(), ranked.ranks.end(), unit);
  }
  if (kind != Similarity::Cosine) {
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += unit[i];
    // Constant rows are told by their values: their mean is rounded.
    if (values.minCoeff() == values.maxCoeff())
      values.setZero();
    else
      values.array() -= sum / static_cast<double>(n);
  }
  const double largest = values.cwiseAbs().maxCoeff();
  if (largest == 0) return;
  values /= largest;  // squares neither overflow nor vanish
  values /= std::sqrt(Column<double>::dot(unit, unit, n));
}

/// Rows first to first + count - 1, each a column of `units`.
template <class Scalar>
void unit_rows(const Matrix<Scalar>& matrix, Index first, Index count, Similarity kind, Matrix<double>& units) {
  units.resize(matrix.cols(), count);
  for (Index r = 0; r < count; ++r) unit_row(matrix, first + r, kind, units.col(r).data());
}

/// Rows that are handled at a time: enough for a pass over the other side to pay.
inline constexpr Index similarity_block = 16;

}  // namespace detail

/// The similarity of every row of `a` with every row of `b` over the samples, rows(a) x rows(b); 0 where a row is
/// constant (for the cosine: zero). The same bits for any number of threads. Takes 8 n bytes for each row of `b`.
/// \param a  n_a x n, n >= 1, finite; latents, say
/// \param b  n_b x n, finite; the variables that made the samples, say
template <class ScalarA, class ScalarB>
[[nodiscard]] Matrix<double> row_similarities(const Matrix<ScalarA>& a, const Matrix<ScalarB>& b,
                                              const RowSimilaritiesSettings& settings = {}) {
  require_at_least("row_similarities samples", a.cols(), Index{1});
  require_shape("row_similarities b", b.rows(), b.cols(), b.rows(), a.cols());
  require_finite("row_similarities a", a);
  require_finite("row_similarities b", b);
  const Index n = a.cols();
  Matrix<double> units_b(n, b.rows());
  settings.threads.for_each(b.rows(),
                            [&](Index row, int) { detail::unit_row(b, row, settings.kind, units_b.col(row).data()); });
  Matrix<double> found(a.rows(), b.rows());
  constexpr Index block = detail::similarity_block;
  settings.threads.for_each(divide_up(a.rows(), block), [&](Index task, int) {
    const Index first = task * block;
    const Index count = std::min(block, a.rows() - first);
    Matrix<double> units_a;
    detail::unit_rows(a, first, count, settings.kind, units_a);
    double products[block];
    for (Index row = 0; row < b.rows(); ++row) {
      const auto column_at = [&](Index r) { return units_a.col(r).data(); };
      Column<double>::dot_columns(column_at, count, units_b.col(row).data(), products, n);
      for (Index r = 0; r < count; ++r) found(first + r, row) = std::clamp(products[r], -1.0, 1.0);
    }
  });
  return found;
}

}  // namespace parsae::inline PARSAE_ABI
