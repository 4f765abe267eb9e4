// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "rate_distortion.hpp"
#include "references.hpp"

namespace parsae_examples {

/// Numbers of grays that pixels are rounded to.
inline constexpr int pixel_levels[] = {2, 3, 4, 6, 8, 16};

[[nodiscard]] inline double fvu_of_rounded(const parsae::Matrix<float>& images, const parsae::Matrix<float>& rounded) {
  return static_cast<double>((images - rounded).squaredNorm()) / variation_of(images);
}

/// Raw pixels, entropy coded by position.
[[nodiscard]] inline RateCurve pixel_curve(const parsae::Matrix<float>& images) {
  RateCurve curve{"raw pixels", {}};
  for (const int levels : pixel_levels) {
    const parsae::Matrix<float> rounded = rounded_pixels(images, levels);
    curve.points.push_back({fvu_of_rounded(images, rounded), pixel_bits(rounded, levels),
                            std::to_string(levels) + " grays, entropy coded by position"});
  }
  curve.points = undominated(curve.points);
  return curve;
}

/// Bytes of one deflate stream, as in a PNG, that holds all images of so many grays.
[[nodiscard]] inline std::size_t deflated_size(const parsae::Matrix<float>& rounded, int levels) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(rounded.size()));
  for (parsae::Index i = 0; i < rounded.size(); ++i)
    bytes.push_back(static_cast<std::uint8_t>(std::lround(rounded.data()[i] * static_cast<float>(levels - 1))));
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::vector<std::uint8_t> packed(size);
  if (compress2(packed.data(), &size, bytes.data(), static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION) != Z_OK)
    throw std::runtime_error("zlib could not pack the pixels");
  return size;
}

/// Raw pixels in one deflate stream at its best level.
[[nodiscard]] inline RateCurve deflate_curve(const parsae::Matrix<float>& images) {
  RateCurve curve{"deflate (PNG)", {}};
  for (const int levels : pixel_levels) {
    const parsae::Matrix<float> rounded = rounded_pixels(images, levels);
    const double bits = 8 * static_cast<double>(deflated_size(rounded, levels)) / static_cast<double>(images.cols());
    curve.points.push_back(
        {fvu_of_rounded(images, rounded), bits, std::to_string(levels) + " grays, all images in one deflate stream"});
  }
  curve.points = undominated(curve.points);
  return curve;
}

}  // namespace parsae_examples
