// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/description_length.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "results.hpp"

namespace parsae_examples {

/// Raw pixels rounded to `levels` equally spaced grays from 0 to 1.
[[nodiscard]] inline parsae::Matrix<float> rounded_pixels(const parsae::Matrix<float>& images, int levels) {
  const float steps = static_cast<float>(levels - 1);
  return (images * steps).array().round().matrix() / steps;
}

/// Bits an image of rounded pixels when every pixel position has its own entropy code, with the frequencies of these
/// images.
[[nodiscard]] inline double pixel_bits(const parsae::Matrix<float>& rounded, int levels) {
  double bits = 0;
  std::vector<double> counts(static_cast<std::size_t>(levels));
  for (parsae::Index pixel = 0; pixel < rounded.rows(); ++pixel) {
    std::fill(counts.begin(), counts.end(), 0.0);
    for (parsae::Index image = 0; image < rounded.cols(); ++image)
      ++counts[static_cast<std::size_t>(std::lround(rounded(pixel, image) * static_cast<float>(levels - 1)))];
    for (const double count : counts)
      if (count > 0)
        bits -= count / static_cast<double>(rounded.cols()) * std::log2(count / static_cast<double>(rounded.cols()));
  }
  return bits;
}

/// What it takes to send the pixels themselves within each bound: the fewest gray levels (2 to 256) that meet it,
/// entropy coded pixel by pixel.
[[nodiscard]] inline std::vector<Reference> raw_pixel_references(const parsae::Matrix<float>& images,
                                                                 const std::vector<double>& bounds) {
  const parsae::Matrix<double> pixels = images.cast<double>();
  const double variation = (pixels.colwise() - pixels.rowwise().mean().eval()).squaredNorm();
  std::vector<Reference> references;
  for (const double eps : bounds) {
    Reference reference;
    reference.name = "raw pixels";
    reference.eps = eps;
    for (int levels = 2; levels <= 256 && !reference.feasible; ++levels) {
      const parsae::Matrix<float> rounded = rounded_pixels(images, levels);
      if ((rounded.cast<double>() - pixels).squaredNorm() > eps * variation) continue;
      reference.feasible = true;
      reference.levels = levels;
      reference.bits = pixel_bits(rounded, levels);
      reference.note =
          "each pixel rounded to " + std::to_string(levels) + " grays and entropy coded by position; " +
          std::to_string(static_cast<long>(std::lround(static_cast<double>(images.rows()) * std::log2(levels)))) +
          " bits without entropy coding";
    }
    references.push_back(reference);
  }
  return references;
}

}  // namespace parsae_examples
