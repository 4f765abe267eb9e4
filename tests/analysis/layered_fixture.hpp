// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/random.hpp>

#include <analysis/code_fixture.hpp>

#include <cstdint>
#include <utility>

namespace parsae::test {

/// Codes of whole tokens with the labels of their samples.
struct LayeredCode {
  SparseCode<double> code;
  Buffer<std::int32_t> layers;
  Buffer<std::int64_t> tokens;

  /// The same for samples [first, first + count).
  [[nodiscard]] LayeredCode part(Index first, Index count) const {
    LayeredCode result;
    std::vector<Index> samples;
    for (Index i = first; i < first + count; ++i) samples.push_back(i);
    result.code = picked(code, samples);
    result.layers.append(layers.slice().part(first, count));
    result.tokens.append(tokens.slice().part(first, count));
    return result;
  }
};

/// Random codes with explicit zeros; the layers of each token in an order of their own.
[[nodiscard]] inline LayeredCode random_layered_code(Index n_latents, Index n_layers, Index n_tokens,
                                                     std::uint64_t stream) {
  LayeredCode result;
  result.code = random_code<double>(n_latents, n_layers * n_tokens, stream);
  const Random random(77, stream);
  for (Index token = 0; token < n_tokens; ++token) {
    for (Index layer = 0; layer < n_layers; ++layer) {
      result.layers.push_back(static_cast<std::int32_t>(layer));
      result.tokens.push_back(1000 - token);
    }
    std::int32_t* first = result.layers.end() - n_layers;
    for (Index i = n_layers - 1; i > 0; --i)
      std::swap(
          first[i],
          first[random.below(static_cast<std::uint64_t>(i) + 1, static_cast<std::uint64_t>(token * n_layers + i))]);
  }
  return result;
}

}  // namespace parsae::test
