// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace parsae_examples {

/// A message, as a rate-distortion chart shows it.
struct RatePoint {
  double fvu = 0;   ///< of what the receiver has
  double bits = 0;  ///< an image
  std::string note;
};

struct RateCurve {
  std::string name;
  std::vector<RatePoint> points;
};

/// The points that no other beats in both bits and FVU, ascending FVU.
[[nodiscard]] inline std::vector<RatePoint> undominated(std::vector<RatePoint> points) {
  std::stable_sort(points.begin(), points.end(), [](const RatePoint& a, const RatePoint& b) {
    return a.fvu < b.fvu || (a.fvu == b.fvu && a.bits < b.bits);
  });
  std::vector<RatePoint> kept;
  double fewest = std::numeric_limits<double>::infinity();
  for (const RatePoint& point : points) {
    if (point.bits >= fewest) continue;
    fewest = point.bits;
    kept.push_back(point);
  }
  return kept;
}

/// The point with the fewest bits within a bound; null where there is none.
[[nodiscard]] inline const RatePoint* fewest_bits_within(const std::vector<RatePoint>& points, double eps) {
  const RatePoint* best = nullptr;
  for (const RatePoint& point : points)
    if (point.fvu <= eps && (best == nullptr || point.bits < best->bits)) best = &point;
  return best;
}

/// The first images of a set: references are measured on these, since many digits say what a few say.
[[nodiscard]] inline parsae::Matrix<float> first_images(const parsae::Matrix<float>& images, parsae::Index most) {
  return images.leftCols(std::min(images.cols(), most));
}

/// Sum of squares about the mean image.
[[nodiscard]] inline double variation_of(const parsae::Matrix<float>& images) {
  const parsae::Vector<float> mean = images.rowwise().mean();
  return static_cast<double>((images.colwise() - mean).squaredNorm());
}

}  // namespace parsae_examples
