// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_examples::multilayer::detail {

/// The tokens in a line, the stronger the darker; the one that the snippet is of is framed.
[[nodiscard]] inline std::string snippet_html(const Snippet& snippet) {
  std::string html = "<p class=\"snippet\">";
  for (std::size_t i = 0; i < snippet.tokens.size(); ++i) {
    const ContextToken& token = snippet.tokens[i];
    const std::string mark = i == snippet.peak ? " class=\"peak\"" : "";
    if (token.strength > 0)
      html += "<span" + mark + " style=\"background:rgba(240,130,30," + fixed_text(0.12 + 0.78 * token.strength, 2) +
              ")\" title=\"" + fixed_text(100 * token.strength, 0) + " % of its largest value, strongest at layer " +
              std::to_string(token.layer) + "\">" + escape_markup(token.text) + "</span>";
    else
      html += escape_markup(token.text);
  }
  return html + "</p>";
}

/// P(layer | latent) as bars, the first layer at the left.
[[nodiscard]] inline std::string layer_bars(const std::vector<double>& layers) {
  std::string html = "<div class=\"shares\">";
  for (std::size_t l = 0; l < layers.size(); ++l)
    html += "<i title=\"layer " + std::to_string(l) + ": " + fixed_text(100 * layers[l], 0) +
            " %\" style=\"height:" + fixed_text(2 + 34 * layers[l], 1) + "px\"></i>";
  return html + "</div>";
}

[[nodiscard]] inline std::string latent_html(const LatentInContext& latent) {
  std::string html = "<div class=\"latent\"><div><b>latent " + std::to_string(latent.latent) + "</b>" +
                     layer_bars(latent.layers) + "<small>in " + fixed_text(100 * latent.density, 2) +
                     " % of tokens<br>most often on <code>" + escape_markup(latent.top_token) + "</code>, " +
                     fixed_text(100 * latent.top_token_share, 0) + " %</small></div><div>";
  for (const Snippet& snippet : latent.snippets) html += snippet_html(snippet);
  return html + "</div></div>";
}

[[nodiscard]] inline std::string latents_section(const std::vector<LatentInContext>& latents) {
  if (latents.empty()) return "";
  std::string html =
      "<h2>Latents in context</h2><p>Of the SAE for all layers, from the first layers to the last: of each eighth, the "
      "one with the strongest activations among those in 12 held-out tokens or more and in at most 2 % of them. Bars: "
      "P(layer | latent), the first layer at the left. Held-out stories in which it is strongest; the darker, the "
      "stronger, at its strongest layer; framed: the strongest token.</p>";
  for (const LatentInContext& latent : latents) html += latent_html(latent);
  return html;
}

/// A story with every occurrence of a word marked; the word is in small letters.
[[nodiscard]] inline std::string marked_story(const std::string& story, const std::string& word) {
  std::string html;
  std::size_t at = 0;
  const auto is_letter = [&](std::size_t i) {
    return i < story.size() && std::isalpha(static_cast<unsigned char>(story[i])) != 0;
  };
  while (at < story.size()) {
    std::size_t end = at;
    while (is_letter(end)) ++end;
    const std::string piece = story.substr(at, std::max<std::size_t>(end - at, 1));
    const std::vector<std::string> words = words_of(piece);
    const bool is_word = !word.empty() && words.size() == 1 && words.front() == word;
    html += is_word ? "<mark>" + escape_markup(piece) + "</mark>" : escape_markup(piece);
    at += piece.size();
  }
  return html;
}

[[nodiscard]] inline std::string steering_section(const SteeredText& steered) {
  if (!steered.is_known()) return "";
  constexpr std::size_t most_stories = 3;
  const std::string value = fixed_text(steered.value, 2);
  std::string html =
      "<h2>Steering with a latent</h2><p>Latent " + std::to_string(steered.latent) + " of the TopK SAE behind block " +
      std::to_string(steered.layer) + ", which reaches " + fixed_text(steered.top_value, 2) +
      " by itself (mean of its ten strongest activations), clamped to " + value + " in every token: <mark>" +
      escape_markup(steered.change.word) + "</mark> rises from " + fixed_text(100 * steered.change.before, 1) + " to " +
      fixed_text(100 * steered.change.after, 1) + " % of the words. It was chosen among " +
      std::to_string(steered.n_candidates) +
      " latents and three strengths for just that, as long as the text stays one: different words a word " +
      fixed_text(steered.change.distinct_before, 2) + " before, " + fixed_text(steered.change.distinct_after, 2) +
      " after; the model that is not steered finds " + fixed_text(steered.before.nats_a_token, 2) +
      " nats a token in its own text and " + fixed_text(steered.clamped.nats_a_token, 2) +
      " in the steered one. The same draws everywhere, temperature 0.7, top-p 0.95.</p>"
      "<table class=\"stories\"><thead><tr><th>as it is</th><th>clamped to " +
      value + "</th>";
  if (!steered.added.texts.empty()) html += "<th>direction added, from the file</th>";
  html += "</tr></thead><tbody>";
  for (std::size_t s = 0; s < std::min(most_stories, steered.before.texts.size()); ++s) {
    const auto cell = [&](const std::vector<std::string>& stories) {
      return "<td>" + (s < stories.size() ? marked_story(stories[s], steered.change.word) : std::string()) + "</td>";
    };
    html += "<tr>" + cell(steered.before.texts) + cell(steered.clamped.texts) +
            (steered.added.texts.empty() ? "" : cell(steered.added.texts)) + "</tr>";
  }
  html += "</tbody></table>";
  if (steered.file.empty()) return html;
  return html + "<p><code>" + escape_markup(steered.file.filename().string()) + "</code> holds " + value +
         " &times; its direction as <code>direction." + std::to_string(steered.layer) +
         "</code>, a control vector for llama.cpp (<code>--control-vector</code>). Read back, it is " +
         (steered.file_matches ? "the same bit by bit" : "NOT the same") +
         "; the last column was written with what was read.</p>";
}

}  // namespace parsae_examples::multilayer::detail
