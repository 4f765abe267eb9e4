// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace parsae_examples {

using parsae::Index;

/// Images are 28 x 28 pixels, row by row from the top left.
inline constexpr Index image_side = 28;
inline constexpr Index image_pixels = image_side * image_side;

/// One decoder column as a picture.
struct Tile {
  Index latent = 0;
  std::vector<float> weights;  ///< image_pixels, signed
  double bits = 0;             ///< what this latent adds to the codes, bits an image
  double density = 0;          ///< share of the images on which it is active
  double effective_pixels = 0;
  double nearest_cosine = 0;
};

/// The decoder of one SAE, its tiles sorted by bits, largest first.
struct TileSheet {
  std::string role;  ///< "sparsest", "chosen", "densest"
  Index width = 0;
  Index k = 0;
  double eps = 0;
  double bits_total = 0;  ///< bits an image
  double l0 = 0;
  double fvu = 0;
  std::vector<float> bias;  ///< image_pixels: what the decoder adds to every reconstruction; may be empty
  std::vector<Tile> tiles;
};

/// One active latent of a code.
struct CodePart {
  Index latent = 0;
  float value = 0;
};

/// What one SAE makes of an image.
struct DecodedImage {
  std::vector<float> reconstruction;  ///< image_pixels
  std::vector<CodePart> code;
};

/// A test image and its reconstructions, one for every TileSheet in the same order.
struct Reconstruction {
  std::vector<float> original;
  std::vector<DecodedImage> decoded;
};

/// How many pixels a picture is spread over, its participation ratio (sum w^2)^2 / sum w^4: 1 for a single pixel, n for
/// n equal ones whatever their signs, 0 for an empty picture.
[[nodiscard]] inline double effective_pixels(const std::vector<float>& weights) {
  double squares = 0;
  double fourths = 0;
  for (const float weight : weights) {
    const double square = static_cast<double>(weight) * weight;
    squares += square;
    fourths += square * square;
  }
  return fourths > 0 ? squares * squares / fourths : 0;
}

/// For every column of `dictionary` (n_inputs x n_latents) the largest cosine with any of `images` (n_inputs x n) minus
/// their mean; 0 for an all-zero column. The mean is taken off the images because the SAE's bias carries it: a decoder
/// column is a change to the mean image, and one that memorized a digit is that digit less the mean, cosine 1.
/// At most `max_images` evenly spaced images are compared.
[[nodiscard]] inline std::vector<double> nearest_cosines(const parsae::Matrix<float>& dictionary,
                                                         const parsae::Matrix<float>& images,
                                                         Index max_images = 10000) {
  parsae::require_at_least<Index>("images of nearest_cosines", images.cols(), 1);
  parsae::require_at_least<Index>("max_images of nearest_cosines", max_images, 1);
  parsae::require_shape("dictionary of nearest_cosines", dictionary.rows(), dictionary.cols(), images.rows(),
                        dictionary.cols());
  const parsae::Vector<float> mean = images.rowwise().mean();
  parsae::Matrix<float> columns = dictionary;
  columns.colwise().normalize();

  const Index n_compared = std::min(images.cols(), max_images);
  const Index block_size = 512;
  parsae::Vector<float> best = parsae::Vector<float>::Constant(columns.cols(), -1.0F);
  parsae::Matrix<float> block(images.rows(), block_size);
  parsae::Matrix<float> cosines;
  for (Index start = 0; start < n_compared; start += block_size) {
    const Index count = std::min(block_size, n_compared - start);
    for (Index i = 0; i < count; ++i) {
      block.col(i) = images.col((start + i) * images.cols() / n_compared) - mean;
      block.col(i).normalize();
    }
    cosines.noalias() = columns.transpose() * block.leftCols(count);
    best = best.cwiseMax(cosines.rowwise().maxCoeff());
  }
  std::vector<double> nearest;
  for (Index latent = 0; latent < columns.cols(); ++latent)
    nearest.push_back(columns.col(latent).squaredNorm() > 0 ? static_cast<double>(best(latent)) : 0.0);
  return nearest;
}

struct MeanMedian {
  double mean = 0;
  double median = 0;
};

/// Zeros for no values.
[[nodiscard]] inline MeanMedian mean_and_median(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  MeanMedian found;
  for (const double value : values) found.mean += value / static_cast<double>(values.size());
  const std::size_t middle = values.size() / 2;
  found.median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return found;
}

}  // namespace parsae_examples
