// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/routing.hpp>
#include <parsae/steering/unit_grid.hpp>

namespace parsae_experts {

using parsae::Index;

/// A classifier of tokens by mixtures of experts. The default reads MNIST as 16 patches of 7 x 7 pixels and answers one
/// of ten digits or REFUSE.
struct NetworkShape {
  Index n_tokens = 16;  ///< of an image
  Index n_inputs = 49;  ///< of a token
  Index width = 64;     ///< of the stream
  Index n_layers = 4;
  Index n_experts = 64;  ///< routed ones in each layer
  Index hidden = 16;     ///< rectified units of a routed expert
  Index n_shared = 32;   ///< rectified units of the shared expert
  Index n_outputs = 11;
  parsae::Routing::Settings routing{.k = 4};

  [[nodiscard]] parsae::UnitGrid grid() const { return {.n_layers = n_layers, .per_layer = n_experts}; }
};

}  // namespace parsae_experts
