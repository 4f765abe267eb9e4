// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/token_layers.hpp>
#include <parsae/core/shuffle.hpp>

namespace parsae::inline PARSAE_ABI {

/// The control of every statement about layers: the labels of each token's layers in random order, drawn from (seed,
/// token) alone. What the samples of a token have to do with each other stays, and which layer is which is lost.
/// \param layers, tokens  of whole tokens, as require_whole_tokens() has it; tokens from 0 to 2^48 - 1
[[nodiscard]] inline Buffer<std::int32_t> permuted_layers(Slice<const std::int32_t> layers,
                                                          Slice<const std::int64_t> tokens, Index n_layers,
                                                          std::uint64_t seed) {
  require_at_least("permuted_layers n_layers", n_layers, Index{1});
  require_whole_tokens("permuted_layers", layers.size(), layers, tokens, n_layers);
  Buffer<std::int32_t> permuted;
  permuted.append(layers);
  for (Index first = 0; first < layers.size(); first += n_layers) {
    require_between("permuted_layers token", tokens[first], std::int64_t{0}, (std::int64_t{1} << 48) - 1);
    shuffle(permuted.slice().part(first, n_layers),
            Random(seed, Draws::Layers, static_cast<std::uint64_t>(tokens[first])));
  }
  return permuted;
}

}  // namespace parsae::inline PARSAE_ABI
