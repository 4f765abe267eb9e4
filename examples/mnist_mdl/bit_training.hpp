// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "encoding_sae.hpp"
#include "grid.hpp"

namespace parsae_examples {

/// How an SAE is trained on the bits of its code. One number is the user's: the precision eps. The noise of the MDL
/// loss, which is the price of a bit and the precision of a value, and the number of latents follow from it.
struct BitTraining {
  double eps = 0.4;  ///< bound on the FVU of what a receiver decodes, 0 < eps < 1
  std::uint64_t seed = 1;
  Index steps = 860;  ///< of 256 images, >= 1; whatever the number of images: four passes over 55,000
  int threads = 1;

  static constexpr Index batch_size = 256;
  static constexpr double learning_rate = 6e-3;
  /// Of eps, for the code before it is rounded; the rest is for rounding codes and dictionary.
  static constexpr double share_of_eps = 0.96;
  /// Where the search for sigma^2 begins: first_noise eps^3 / d of the variance, near what digits need at bounds from
  /// 0.3 to 0.5. Steering does the rest.
  static constexpr double first_noise = 50;
  /// Active latents an image, where thresholds start.
  static constexpr double first_l0 = 4;
};

/// Where steering begins, and where it ended.
struct BitStart {
  double noise_variance = 0;  ///< sigma^2 in scaled units; 0: from eps
  double share_of_eps = BitTraining::share_of_eps;
};

/// One SAE trained so, its shortest message, and what it takes; `bits` is infinite where no message keeps eps.
struct BitRung {
  double bits = 0;  ///< an image, as the grid counts them
  EncodingSae sae;
  GridRow row;
  BitStart reached;
};

/// Trains with a given number of latents; latents that no training image activates are left out of the result.
/// \param n_images  that share the dictionary
[[nodiscard]] BitRung train_on_bits(const BitTraining& training, Index width, const BitStart& start,
                                    const Images& images, Index n_images);

/// The number of latents with the shortest message, by WidthLadder; nothing when no rung kept eps or all was stopped.
/// \param on_rung  told the width of every rung before it is trained; false stops
[[nodiscard]] std::optional<BitRung> shortest_on_bits(const BitTraining& training, const Images& images, Index n_images,
                                                      const std::function<bool(Index)>& on_rung);

}  // namespace parsae_examples
