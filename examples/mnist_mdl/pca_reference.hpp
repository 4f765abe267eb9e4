// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/weight_quantizer.hpp>
#include <parsae/model/initialize.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "rate_distortion.hpp"

namespace parsae_examples {

using parsae::Index;

/// The mean image and the directions of most variance, orthonormal columns, most first.
struct PixelComponents {
  parsae::Matrix<float> directions;  ///< 784 x k
  parsae::Vector<float> mean;
  double largest_deviation = 0;  ///< standard deviation along the first
};

namespace detail {

/// Makes the columns orthonormal, each against those before it.
inline void orthonormalize(parsae::Matrix<float>& columns) {
  for (Index j = 0; j < columns.cols(); ++j) {
    for (Index i = 0; i < j; ++i) columns.col(j) -= columns.col(i).dot(columns.col(j)) * columns.col(i);
    columns.col(j).normalize();
  }
}

}  // namespace detail

/// The first k components, by orthogonal iteration from half as many directions more, which converge last.
[[nodiscard]] inline PixelComponents principal_components(const parsae::Matrix<float>& images, Index k) {
  using namespace parsae;
  PixelComponents result;
  result.mean = images.rowwise().mean();
  const Matrix<float> centered = images.colwise() - result.mean;
  const Matrix<float> covariance = centered * centered.transpose() / static_cast<float>(images.cols());
  Matrix<float> directions(images.rows(), std::min(k + k / 2, images.rows()));
  for (Index j = 0; j < directions.cols(); ++j) set_random_direction<float>(1, j, directions.col(j));
  for (int i = 0; i < 40; ++i) {
    directions = covariance * directions;
    detail::orthonormalize(directions);
  }
  result.directions = directions.leftCols(std::min(k, directions.cols()));
  const Vector<float> first = result.directions.col(0);
  result.largest_deviation = std::sqrt(std::max(static_cast<double>(first.dot(covariance * first)), 0.0));
  return result;
}

namespace detail {

/// Entropy of whole numbers, with their own frequencies.
[[nodiscard]] inline double entropy_of(const std::vector<long>& numbers) {
  std::map<long, double> counts;
  for (const long number : numbers) ++counts[number];
  double bits = 0;
  for (const auto& entry : counts) {
    const double share = entry.second / static_cast<double>(numbers.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

}  // namespace detail

/// Dense codes: the first k principal components for every k, their values rounded to whole steps and entropy coded
/// each for itself, their directions rounded and entropy coded as dictionaries are, shared by n_images.
///
/// All steps that are a power of two below the largest deviation, and several precisions of the dictionary: what they
/// cost and what they leave, measured on `images`.
[[nodiscard]] inline std::vector<RatePoint> pca_messages(const PixelComponents& pca,
                                                         const parsae::Matrix<float>& images, Index n_images) {
  using namespace parsae;
  const double variation = variation_of(images);
  const Matrix<float> centered = images.colwise() - pca.mean;
  const Matrix<float> values = pca.directions.transpose() * centered;
  std::vector<RatePoint> points;
  for (const int bits : {4, 5, 6, 8}) {
    const QuantizedDictionary<float> dictionary = quantize_dictionary(pca.directions, bits);
    const double column_bits =
        dictionary.bits_entropy / static_cast<double>(pca.directions.cols()) / static_cast<double>(n_images);
    const double mean_bits = 8.0 * static_cast<double>(pca.mean.size()) / static_cast<double>(n_images);
    for (int halvings = 0; halvings < 5; ++halvings) {
      const double step = std::ldexp(pca.largest_deviation, -halvings);
      Matrix<float> residual = centered;
      double code_bits = 0;
      std::vector<long> levels(static_cast<std::size_t>(images.cols()));
      for (Index k = 0; k < pca.directions.cols(); ++k) {
        Vector<float> sent(images.cols());
        for (Index i = 0; i < images.cols(); ++i) {
          const long level = std::lround(static_cast<double>(values(k, i)) / step);
          levels[static_cast<std::size_t>(i)] = level;
          sent(i) = static_cast<float>(static_cast<double>(level) * step);
        }
        residual.noalias() -= dictionary.w_dec.col(k) * sent.transpose();
        code_bits += detail::entropy_of(levels);
        points.push_back({static_cast<double>(residual.squaredNorm()) / variation,
                          code_bits + column_bits * static_cast<double>(k + 1) + mean_bits,
                          std::to_string(k + 1) + " components, steps of 1/" + std::to_string(1 << halvings) +
                              " of the largest deviation, " + std::to_string(bits) + "-bit directions"});
      }
    }
  }
  return points;
}

}  // namespace parsae_examples
