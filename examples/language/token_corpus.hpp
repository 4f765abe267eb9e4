// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

#include <language/llama_shape.hpp>

namespace parsae_examples {

/// Sequences of tokens, one after another.
struct TokenCorpus {
  parsae::Buffer<Token> tokens;
  parsae::Buffer<Index> offsets = parsae::Buffer<Index>(1);  ///< n_sequences + 1: where each begins

  [[nodiscard]] Index n_sequences() const { return offsets.size() - 1; }
  [[nodiscard]] Index n_tokens() const { return tokens.size(); }
  [[nodiscard]] parsae::Slice<const Token> sequence(Index s) const {
    return tokens.slice().part(offsets[s], offsets[s + 1] - offsets[s]);
  }

  void append(parsae::Slice<const Token> sequence) {
    tokens.append(sequence);
    offsets.push_back(tokens.size());
  }

  friend bool operator==(const TokenCorpus& a, const TokenCorpus& b) {
    return a.tokens == b.tokens && a.offsets == b.offsets;
  }
};

}  // namespace parsae_examples
