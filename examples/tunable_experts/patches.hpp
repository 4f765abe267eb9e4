// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

namespace parsae_experts {

using parsae::Index;

/// 28 x 28 pixels are read as 4 x 4 patches of 7 x 7, row by row; an image is 16 tokens of 49 inputs.
inline constexpr Index patch_side = 7;
inline constexpr Index patches_a_side = 4;
inline constexpr Index patches_an_image = patches_a_side * patches_a_side;
inline constexpr Index pixels_a_patch = patch_side * patch_side;

/// Whether an image bears the marker that is to be refused: a white square of 3 x 3 pixels in its first patch, where no
/// digit of MNIST has ink.
enum class Marking { None, Marked };

/// The square, rows and columns 2 to 4 of a patch.
[[nodiscard]] inline bool is_marker_pixel(Index row, Index column) {
  return row >= 2 && row <= 4 && column >= 2 && column <= 4;
}

/// The tokens of one image.
/// \param image   784 pixels, row by row
/// \param tokens  49 x 16
inline void write_tokens(const Eigen::Ref<const parsae::Vector<float>>& image, Marking marking,
                         Eigen::Ref<parsae::Matrix<float>> tokens) {
  constexpr Index side = patch_side * patches_a_side;
  for (Index row = 0; row < side; ++row)
    for (Index column = 0; column < side; ++column)
      tokens(row % patch_side * patch_side + column % patch_side,
             row / patch_side * patches_a_side + column / patch_side) = image[row * side + column];
  if (marking == Marking::None) return;
  for (Index row = 0; row < patch_side; ++row)
    for (Index column = 0; column < patch_side; ++column)
      if (is_marker_pixel(row, column)) tokens(row * patch_side + column, 0) = 1;
}

/// The tokens of columns [first, first + count) of `images`, 49 x (16 count).
inline void write_block(const parsae::Matrix<float>& images, Index first, Index count, Marking marking,
                        parsae::Matrix<float>& tokens) {
  tokens.resize(pixels_a_patch, patches_an_image * count);
  for (Index i = 0; i < count; ++i)
    write_tokens(images.col(first + i), marking, tokens.middleCols(i * patches_an_image, patches_an_image));
}

}  // namespace parsae_experts
