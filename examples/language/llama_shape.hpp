// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cstdint>

namespace parsae_examples {

using parsae::Index;

/// An entry of a vocabulary: 0 <= token < n_vocabulary.
using Token = std::int32_t;

/// The tokens with which sentencepiece opens and closes a text. Small models are trained on stories one after another,
/// each behind a start token, so that they end a story by sampling the next start.
inline constexpr Token start_token = 1;
inline constexpr Token end_token = 2;

/// The sizes of a language model of the Llama family.
struct LlamaShape {
  Index width = 0;         ///< of the residual stream
  Index inner_width = 0;   ///< of the feed-forward part
  Index n_layers = 0;      ///< blocks, each of attention and feed-forward part
  Index n_heads = 0;       ///< of the queries; divides width
  Index n_kv_heads = 0;    ///< of keys and values, each shared by n_heads / n_kv_heads queries
  Index n_vocabulary = 0;  ///< tokens
  Index context = 0;       ///< most tokens of a sequence

  [[nodiscard]] Index head_size() const { return width / n_heads; }
  [[nodiscard]] Index kv_width() const { return head_size() * n_kv_heads; }

  friend bool operator==(const LlamaShape&, const LlamaShape&) = default;
};

}  // namespace parsae_examples
