// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

namespace parsae::inline PARSAE_ABI {

/// How a message is written (write_message).
struct MessageSettings {
  enum class Tree {
    WhenItPays,  ///< a forest over presence when the message with it, forest included, is shorter
    Never,
    Always,  ///< for comparisons: also when it costs more
  };

  Index block_size = 1024;  ///< 1 to 2^20 samples: what is read to get at one; a block costs 12 bytes and up to 8 more
  Tree tree = Tree::WhenItPays;
  Index tree_most_latents = 8192;  ///< 1 to 65536: beyond, no forest is looked for; it takes 2 n_latents^2 bytes
  int presence_bits = 0;  ///< 2 to 16: precision of presence probabilities; 0: the one with the fewest bits in all
  int value_bits = 0;     ///< 1 to 24: precision of value histograms; 0: the one with the fewest bits in all
};

}  // namespace parsae::inline PARSAE_ABI
