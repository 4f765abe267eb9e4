// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/weight_quantizer.hpp>

#include <support/principal_components.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "rate_distortion.hpp"

namespace parsae_examples {

using parsae::Index;

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
[[nodiscard]] inline std::vector<RatePoint> pca_messages(const PrincipalComponents& pca,
                                                         const parsae::Matrix<float>& images, Index n_images) {
  using namespace parsae;
  const double variation = variation_of(images);
  const Matrix<float> centered = images.colwise() - pca.mean().cast<float>();
  const Matrix<float> values = pca.transform(images);
  const Matrix<float> directions = pca.directions().cast<float>();
  std::vector<RatePoint> points;
  for (const int bits : {4, 5, 6, 8}) {
    const QuantizedDictionary<float> dictionary = quantize_dictionary(directions, bits);
    const double column_bits =
        dictionary.bits_entropy / static_cast<double>(pca.n_components()) / static_cast<double>(n_images);
    const double mean_bits = 8.0 * static_cast<double>(pca.mean().size()) / static_cast<double>(n_images);
    for (int halvings = 0; halvings < 5; ++halvings) {
      const double step = std::ldexp(std::sqrt(pca.variances()(0)), -halvings);
      Matrix<float> residual = centered;
      double code_bits = 0;
      std::vector<long> levels(static_cast<std::size_t>(images.cols()));
      for (Index k = 0; k < pca.n_components(); ++k) {
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
