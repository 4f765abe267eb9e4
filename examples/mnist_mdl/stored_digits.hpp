// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "rate_distortion.hpp"
#include "references.hpp"

namespace parsae_examples {

/// Memory alone: the first M training digits, pixels rounded to four grays, are the dictionary, shared by n_images; an
/// image is sent as the number of the most similar one, log2 M bits. M = 16, 32, ... and all of them.
[[nodiscard]] inline std::vector<RatePoint> stored_digit_messages(const parsae::Matrix<float>& stored,
                                                                  const parsae::Matrix<float>& images,
                                                                  parsae::Index n_images) {
  using namespace parsae;
  constexpr int levels = 4;
  const double variation = variation_of(images);
  const Matrix<float> rounded = rounded_pixels(stored, levels);
  const Vector<float> norms = images.colwise().squaredNorm();
  Vector<float> nearest = Vector<float>::Constant(images.cols(), std::numeric_limits<float>::infinity());
  std::vector<RatePoint> points;
  Index done = 0;
  for (Index m = 16; done < stored.cols(); m *= 2) {
    const Index end = std::min(m, stored.cols());
    while (done < end) {  // in blocks: all distances at once would be large
      const Index count = std::min<Index>(end - done, 512);
      const Eigen::Ref<const Matrix<float>> block = rounded.middleCols(done, count);
      const Vector<float> block_norms = block.colwise().squaredNorm();
      Matrix<float> distances = -2 * (block.transpose() * images);
      distances.colwise() += block_norms;
      nearest = nearest.cwiseMin(distances.colwise().minCoeff().transpose());
      done += count;
    }
    const double error = (nearest + norms).cwiseMax(0.0F).cast<double>().sum();
    const double dictionary = pixel_bits(rounded.leftCols(end), levels) * static_cast<double>(end);
    points.push_back({error / variation,
                      std::log2(static_cast<double>(end)) + dictionary / static_cast<double>(n_images),
                      std::to_string(end) + " stored digits of four grays"});
  }
  return points;
}

/// The rows of a table of references: the best message within each bound.
[[nodiscard]] inline std::vector<Reference> references_within(const std::string& name,
                                                              const std::vector<RatePoint>& messages,
                                                              const std::vector<double>& bounds) {
  std::vector<Reference> references;
  for (const double eps : bounds) {
    Reference reference;
    reference.name = name;
    reference.eps = eps;
    const RatePoint* const best = fewest_bits_within(messages, eps);
    if (best != nullptr) {
      reference.feasible = true;
      reference.bits = best->bits;
      reference.note = best->note;
    } else if (!messages.empty()) {
      const auto least = std::min_element(messages.begin(), messages.end(),
                                          [](const RatePoint& a, const RatePoint& b) { return a.fvu < b.fvu; });
      reference.note = "an FVU of " + fixed_text(least->fvu, 3) + " at best, with " + least->note;
    }
    references.push_back(reference);
  }
  return references;
}

}  // namespace parsae_examples
