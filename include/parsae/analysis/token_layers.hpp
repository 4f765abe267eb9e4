// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// Requires the samples of a batch to be whole tokens, one after the other: n_layers consecutive samples of one token,
/// each layer once, in any order. A batch may end between tokens and nowhere else, so that a token that was torn apart
/// is noticed wherever its parts went, and nothing has to be remembered from batch to batch.
/// \param argument   whose samples they are: the beginning of every message
/// \param n_samples  of the batch
inline void require_whole_tokens(std::string_view argument, Index n_samples, Slice<const std::int32_t> layers,
                                 Slice<const std::int64_t> tokens, Index n_layers) {
  const std::string name(argument);
  require_shape(name + " layers", layers.size(), 1, n_samples, 1);
  require_shape(name + " tokens", tokens.size(), 1, n_samples, 1);
  Buffer<Index> seen_at(n_layers, -1);  // of each layer, the last token that had it
  for (Index i = 0; i < n_samples; ++i) {
    const Index first = i - i % n_layers;
    require_between(name + " layer", Index{layers[i]}, Index{0}, n_layers - 1);
    if (tokens[i] != tokens[first])
      reject(name + " token in sample " + std::to_string(i),
             "all layers of token " + std::to_string(tokens[first]) + " together", tokens[i]);
    if (seen_at[layers[i]] == first)
      reject(name + " layer in sample " + std::to_string(i),
             "each layer of token " + std::to_string(tokens[i]) + " once", layers[i]);
    seen_at[layers[i]] = first;
  }
  if (n_samples % n_layers != 0)
    reject(name + " samples",
           "all " + std::to_string(n_layers) + " layers of token " + std::to_string(tokens[n_samples - 1]) +
               " in one batch",
           n_samples % n_layers);
}

}  // namespace parsae::inline PARSAE_ABI
