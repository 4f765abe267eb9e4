// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/row_moments.hpp>
#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace parsae_examples::cells {

using parsae::Index;
using parsae::Matrix;

/// log(1 + counts a million of the cell's), gene by gene; a cell without counts stays zero.
[[nodiscard]] inline Matrix<float> log_counts_per_million(const Matrix<float>& counts) {
  Matrix<float> logs(counts.rows(), counts.cols());
  for (Index i = 0; i < counts.cols(); ++i) {
    const double total = counts.col(i).cast<double>().sum();
    const double scale = total > 0 ? 1e6 / total : 0;
    for (Index g = 0; g < counts.rows(); ++g)
      logs(g, i) = static_cast<float>(std::log1p(scale * static_cast<double>(counts(g, i))));
  }
  return logs;
}

/// The columns of these cells.
[[nodiscard]] inline Matrix<float> columns_of(const Matrix<float>& matrix, parsae::Slice<const Index> cells) {
  Matrix<float> chosen(matrix.rows(), cells.size());
  for (Index i = 0; i < cells.size(); ++i) chosen.col(i) = matrix.col(cells[i]);
  return chosen;
}

/// Of the genes that vary most, each at mean 0 and variance 1 over the cells of the fit; other cells are put on the
/// same scale.
class ZScore {
 public:
  /// \param expression  n_genes x n, n >= 2, finite
  /// \param most_genes  >= 1; of equal variances the lower gene is kept
  ZScore(const Matrix<float>& expression, Index most_genes) {
    parsae::require_at_least("ZScore most_genes", most_genes, Index{1});
    parsae::require_at_least("ZScore cells", expression.cols(), Index{2});
    const parsae::RowMoments moments = parsae::row_moments(expression);
    const parsae::Vector<double> variance = moments.variance();
    genes_.resize(expression.rows());
    std::iota(genes_.begin(), genes_.end(), Index{0});
    std::stable_sort(genes_.begin(), genes_.end(), [&](Index a, Index b) { return variance(a) > variance(b); });
    while (!genes_.empty() && (genes_.size() > most_genes || !(variance(genes_.back()) > 0)))
      genes_.resize(genes_.size() - 1);
    if (genes_.empty()) parsae::reject("ZScore expression", "a gene that varies", "none");
    std::sort(genes_.begin(), genes_.end());
    mean_.resize(genes_.size());
    scale_.resize(genes_.size());
    for (Index g = 0; g < genes_.size(); ++g) {
      mean_(g) = moments.mean(genes_[g]);
      scale_(g) = 1 / std::sqrt(variance(genes_[g]));
    }
  }

  /// Ascending.
  [[nodiscard]] const parsae::Buffer<Index>& genes() const { return genes_; }

  /// Kept genes x n.
  [[nodiscard]] Matrix<float> transform(const Matrix<float>& expression) const {
    Matrix<float> scores(genes_.size(), expression.cols());
    for (Index i = 0; i < expression.cols(); ++i)
      for (Index g = 0; g < genes_.size(); ++g)
        scores(g, i) = static_cast<float>((static_cast<double>(expression(genes_[g], i)) - mean_(g)) * scale_(g));
    return scores;
  }

 private:
  parsae::Buffer<Index> genes_;
  parsae::Vector<double> mean_;
  parsae::Vector<double> scale_;
};

}  // namespace parsae_examples::cells
