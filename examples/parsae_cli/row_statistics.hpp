// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/row_file.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace parsae_cli {

using parsae::Index;

/// What some rows of a file look like.
struct RowStatistics {
  Index n_rows = 0;        ///< looked at
  Index n_not_finite = 0;  ///< rows with NaN or infinities; the figures below are of the others
  double lowest = 0;
  double highest = 0;
  double mean = 0;
  double deviation = 0;   ///< of single values, about their common mean
  double zero_share = 0;  ///< of single values
  double median_norm = 0;
  double largest_norm = 0;
  double mean_share = 0;  ///< |mean row|^2 / mean |row|^2: near 1, the rows hardly differ
};

/// Reads at most `most` rows, evenly spread over the file.
[[nodiscard]] inline RowStatistics row_statistics(parsae::RowFile& file, Index most) {
  RowStatistics result;
  result.n_rows = std::min(file.n_rows(), most);
  const Index d = file.n_inputs();
  parsae::Vector<float> row(d);
  parsae::Vector<double> mean = parsae::Vector<double>::Zero(d);
  std::vector<double> norms;
  double sum = 0;
  double squares = 0;
  double zeros = 0;
  for (Index i = 0; i < result.n_rows; ++i) {
    file.read(i * file.n_rows() / result.n_rows, {row.data(), d});
    if (!row.allFinite()) {
      ++result.n_not_finite;
      continue;
    }
    const parsae::Vector<double> exact = row.cast<double>();
    result.lowest = norms.empty() ? exact.minCoeff() : std::min(result.lowest, exact.minCoeff());
    result.highest = norms.empty() ? exact.maxCoeff() : std::max(result.highest, exact.maxCoeff());
    norms.push_back(exact.norm());
    mean += exact;
    sum += exact.sum();
    squares += exact.squaredNorm();
    zeros += static_cast<double>((exact.array() == 0).count());
  }
  if (norms.empty()) return result;
  const double n = static_cast<double>(norms.size());
  const double values = n * static_cast<double>(d);
  result.mean = sum / values;
  result.deviation = std::sqrt(std::max(squares / values - result.mean * result.mean, 0.0));
  result.zero_share = zeros / values;
  result.mean_share = squares > 0 ? (mean / n).squaredNorm() / (squares / n) : 0;
  std::sort(norms.begin(), norms.end());
  result.median_norm = norms[norms.size() / 2];
  result.largest_norm = norms.back();
  return result;
}

}  // namespace parsae_cli
