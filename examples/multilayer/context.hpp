// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/layer_distribution.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host.hpp"
#include "latent_activations.hpp"

namespace parsae_examples::multilayer {

/// A token of a snippet, and how strongly the latent is active in it: 0 to 1, of its largest value on the text.
struct ContextToken {
  std::string text;
  double strength = 0;
  Index layer = 0;  ///< where it is strongest; means nothing where strength is 0
};

struct Snippet {
  std::vector<ContextToken> tokens;
  std::size_t peak = 0;  ///< the token that the snippet was chosen for
};

/// One latent of the multi-layer SAE, in the text that moves it most.
struct LatentInContext {
  Index latent = 0;
  double density = 0;             ///< share of tokens in which it is active at any layer
  std::vector<double> layers;     ///< P(layer | latent)
  std::string top_token;          ///< the most frequent among its 20 strongest
  double top_token_share = 0;     ///< of those
  std::vector<Snippet> snippets;  ///< of different stories, the strongest first
};

/// A token as a page shows it: a line break is a sign, a byte stays its name.
[[nodiscard]] inline std::string shown_token(const Tokenizer& tokenizer, Token token) {
  const std::string_view piece = tokenizer.piece(token);
  if (byte_of_piece(piece) == '\n' || piece == "\n") return "\xE2\x8F\x8E";
  return std::string(piece);
}

namespace detail {

[[nodiscard]] inline Index story_of(const TokenCorpus& text, Index place) {
  const auto behind = std::upper_bound(text.offsets.begin(), text.offsets.end(), place);
  return static_cast<Index>(behind - text.offsets.begin()) - 1;
}

[[nodiscard]] inline Snippet snippet_around(const Host& host, const TokenCorpus& text, const CapturedStreams& streams,
                                            const std::vector<Activation>& activations, const Activation& peak,
                                            float largest) {
  constexpr Index before = 24;
  constexpr Index after = 14;
  const Index place = streams.token_of_sample[peak.sample];
  const Index story = story_of(text, place);
  const Index begin = std::max(text.offsets[story] + 1, place - before);  // without the start token
  const Index end = std::min(text.offsets[story + 1], place + after + 1);
  Snippet snippet;
  for (Index at = begin; at < end; ++at) snippet.tokens.push_back({shown_token(host.tokenizer, text.tokens[at]), 0, 0});
  snippet.peak = static_cast<std::size_t>(place - begin);
  for (const Activation& activation : activations) {
    const Index at = streams.token_of_sample[activation.sample];
    if (at < begin || at >= end) continue;
    ContextToken& token = snippet.tokens[static_cast<std::size_t>(at - begin)];
    token.strength = static_cast<double>(activation.value / largest);
    token.layer = activation.layer;
  }
  return snippet;
}

}  // namespace detail

/// \param layers  P(layer | latent), n_layers entries
[[nodiscard]] inline LatentInContext latent_in_context(const Host& host, const TokenCorpus& text,
                                                       const CapturedStreams& streams,
                                                       const LatentActivations& activations, Index latent,
                                                       const parsae::Vector<double>& layers) {
  constexpr std::size_t most_snippets = 4;
  LatentInContext shown;
  shown.latent = latent;
  shown.density = activations.density(latent);
  shown.layers.assign(layers.begin(), layers.end());
  const std::vector<Activation> top = activations.strongest(latent, 200);
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < std::min<std::size_t>(top.size(), 20); ++i)
    ++counts[shown_token(host.tokenizer, text.tokens[streams.token_of_sample[top[i].sample]])];
  for (const auto& [token, count] : counts) {
    const double share = count / static_cast<double>(std::min<std::size_t>(top.size(), 20));
    if (share > shown.top_token_share) {
      shown.top_token = token;
      shown.top_token_share = share;
    }
  }
  std::vector<Index> stories;
  for (const Activation& peak : top) {
    if (shown.snippets.size() == most_snippets) break;
    const Index story = detail::story_of(text, streams.token_of_sample[peak.sample]);
    if (std::find(stories.begin(), stories.end(), story) != stories.end()) continue;
    stories.push_back(story);
    shown.snippets.push_back(
        detail::snippet_around(host, text, streams, activations.of(latent), peak, top.front().value));
  }
  return shown;
}

}  // namespace parsae_examples::multilayer
