// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <cstdint>
#include <functional>

namespace parsae_examples::cells {

struct DenseAutoencoderSettings {
  parsae::Index n_latents = 4;  ///< >= 1
  parsae::Index n_hidden = 0;   ///< of a ReLU layer before the latents and of one after them; 0: neither
  parsae::Index steps = 2000;   ///< >= 1
  parsae::Index batch_size = 256;
  double learning_rate = 3e-3;  ///< at its peak; falls to 0 along half a cosine
  /// Factor on the weights that the first layer starts from, > 0. What it drew stays in the latents as noise wherever
  /// inputs are mostly noise: below 1 there.
  double first_weights = 1;
  std::uint64_t seed = 0;
  parsae::Threads threads = parsae::Threads::available();
  std::function<bool(parsae::Index)> goes_on{};  ///< asked before every step; false ends training there
};

}  // namespace parsae_examples::cells
