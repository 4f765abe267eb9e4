// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/any_autoencoder.hpp>

#include <language/control_vector.hpp>
#include <language/latent_steering.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "host.hpp"
#include "latent_activations.hpp"

namespace parsae_examples::multilayer {

/// The words of a text, in small letters; what is no letter separates them.
[[nodiscard]] inline std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalpha(letter) != 0)
      words.back() += static_cast<char>(std::tolower(letter));
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// What steering did to a text: the word of three letters or more that gains most.
struct WordChange {
  std::string word{};
  double before = 0;  ///< its share of the words
  double after = 0;
  double distinct_before = 0;  ///< different words a word
  double distinct_after = 0;

  /// after * ln(after / before), its share of the relative entropy, with half a percent added to both: a rare word that
  /// becomes frequent counts more than a frequent one that comes up again and again.
  [[nodiscard]] double gain() const { return after * std::log((after + 0.005) / (before + 0.005)); }
};

[[nodiscard]] inline WordChange word_change(const std::string& before, const std::string& after) {
  struct Shares {
    std::map<std::string, double> of;
    double distinct = 0;
  };
  const auto shares_of = [](const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    Shares shares;
    for (const std::string& word : words) shares.of[word] += 1 / static_cast<double>(words.size());
    if (!words.empty()) shares.distinct = static_cast<double>(shares.of.size()) / static_cast<double>(words.size());
    return shares;
  };
  const Shares old = shares_of(before);
  const Shares now = shares_of(after);
  WordChange change;
  for (const auto& [word, share] : now.of) {
    const auto found = old.of.find(word);
    const WordChange candidate{.word = word, .before = found == old.of.end() ? 0 : found->second, .after = share};
    if (word.size() >= 3 && candidate.gain() > change.gain()) change = candidate;
  }
  change.distinct_before = old.distinct;
  change.distinct_after = now.distinct;
  return change;
}

/// Stories, and what the model without a hook thinks of them.
struct Stories {
  std::vector<std::string> texts;
  double nats_a_token = 0;  ///< the model's cross-entropy on them

  [[nodiscard]] std::string joined() const {
    std::string all;
    for (const std::string& text : texts) all += text + "\n";
    return all;
  }
};

/// Text before and after a latent was turned on.
struct SteeredText {
  Index layer = 0;
  Index latent = -1;     ///< -1: nothing was steered
  double value = 0;      ///< that the latent was clamped to, and by which its direction was added
  double top_value = 0;  ///< what it reaches by itself: the mean of its ten strongest activations
  Index n_candidates = 0;
  WordChange change;  ///< of the clamped stories
  Stories before;
  Stories clamped;
  Stories added;               ///< by the direction that was read back from the file
  std::filesystem::path file;  ///< the control vector; empty: none
  bool file_matches = false;   ///< the direction came back from the file bit by bit

  [[nodiscard]] bool is_known() const { return latent >= 0; }
};

namespace detail {

/// Short stories behind the start token, the same draws for every hook.
[[nodiscard]] inline Stories short_stories(const Host& host, const StreamHook& hook, std::uint64_t seed,
                                           parsae::Threads threads) {
  GenerateSettings settings;
  settings.n_sequences = 10;
  settings.first_sequence = Index{1} << 32;  // apart from the training text
  settings.most_tokens = std::min<Index>(90, host.model.shape().context);
  settings.seed = seed;
  settings.sampling = {.temperature = 0.7, .top_p = 0.95};
  settings.threads = threads;
  const TokenCorpus corpus = generate(host.model, settings, hook);
  Stories stories;
  for (Index s = 0; s < corpus.n_sequences(); ++s) stories.texts.push_back(host.tokenizer.decode(corpus.sequence(s)));
  if (corpus.n_tokens() > corpus.n_sequences())  // a story of the start token alone predicts nothing
    stories.nats_a_token = cross_entropy(host.model, corpus, {.threads = threads}).nats_a_token;
  return stories;
}

/// Still a text: it neither repeats itself nor surprises the model that was not steered by more than a nat a token.
[[nodiscard]] inline bool is_readable(const Stories& before, const Stories& after, const WordChange& change) {
  return change.distinct_after >= 0.7 * change.distinct_before && after.nats_a_token <= before.nats_a_token + 1;
}

}  // namespace detail

/// Clamps telling latents of a layer's SAE, one after the other and at three strengths, and keeps the one whose word
/// gains most in a text that is still one. Then exports value * direction as a control vector, reads it
/// back and adds what was read. Where no latent makes a word more frequent, or the layer is 0, no file is written.
template <class Act>
[[nodiscard]] SteeredText steer(const Host& host, const parsae::Autoencoder<Act>& sae, Index layer,
                                const LatentActivations& activations, const std::filesystem::path& file,
                                std::uint64_t seed, parsae::Threads threads, const OnProgress& on_progress) {
  std::vector<Index> all;
  for (Index j = 0; j < sae.n_latents(); ++j) all.push_back(j);
  const std::vector<Index> candidates = telling_latents(activations, all, 32);
  SteeredText best;
  best.layer = layer;
  best.n_candidates = static_cast<Index>(candidates.size());
  best.before = detail::short_stories(host, {}, seed, threads);
  double done = 0;
  for (const Index latent : candidates) {
    for (const double factor : {0.25, 0.5, 1.0}) {
      if (!on_progress(done++ / (3 * static_cast<double>(candidates.size())))) return {};
      const double value = factor * activations.top_value(latent);
      const Stories stories = detail::short_stories(host, clamp_latent(layer, sae, latent, value), seed, threads);
      const WordChange change = word_change(best.before.joined(), stories.joined());
      if (!detail::is_readable(best.before, stories, change) || change.gain() <= best.change.gain()) continue;
      best.latent = latent;
      best.value = value;
      best.top_value = activations.top_value(latent);
      best.change = change;
      best.clamped = stories;
    }
  }
  if (!best.is_known() || layer < 1) return best;
  const parsae::Vector<float> step = static_cast<float>(best.value) * latent_direction(sae, best.latent);
  write_control_vector(file, {.model_hint = "llama", .directions = {{layer, step}}});
  const ControlVector read = read_control_vector(file);
  best.file = file;
  best.file_matches = read.directions.size() == 1 && read.directions.at(layer) == step;
  best.added = detail::short_stories(host, add_direction(layer, read.directions.at(layer), 1), seed, threads);
  return best;
}

}  // namespace parsae_examples::multilayer
