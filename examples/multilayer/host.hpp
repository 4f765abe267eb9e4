// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/mapped_file.hpp>

#include <language/ablation.hpp>
#include <language/generate.hpp>
#include <language/tokenizer.hpp>
#include <support/sha256.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model_files.hpp"

namespace parsae_examples::multilayer {

/// A language model and its tokenizer, checked to belong together. Throws parsae::FileError where they do not.
struct Host {
  explicit Host(const ModelFiles& files) : tokenizer(files.tokenizer), model(LlamaCheckpoint(files.model)) {
    tokenizer.require_vocabulary(model.shape().n_vocabulary);
    const parsae::MappedFile bytes(files.model);
    checksum = sha256_hex(parsae::as_text(bytes.bytes()));
  }

  Tokenizer tokenizer;
  Llama model;
  std::string checksum;  ///< SHA-256 of the checkpoint

  [[nodiscard]] Index n_layers() const { return model.shape().n_layers; }
};

/// Called again and again in long work with the share that is done; false: stop.
using OnProgress = std::function<bool(double share)>;

/// Stories of the model's own, at temperature 1 and with no token left out, until they hold n_tokens. Each is written
/// by its number, so that a longer corpus begins with the shorter one. Nothing where on_progress stopped it.
[[nodiscard]] inline std::optional<TokenCorpus> own_text(const Host& host, Index first_sequence, Index n_tokens,
                                                         std::uint64_t seed, parsae::Threads threads,
                                                         const OnProgress& on_progress) {
  constexpr Index at_a_time = 96;
  GenerateSettings settings;
  settings.first_sequence = first_sequence;
  settings.n_sequences = at_a_time;
  settings.seed = seed;
  settings.threads = threads;
  TokenCorpus corpus;
  while (corpus.n_tokens() < n_tokens) {
    if (!on_progress(static_cast<double>(corpus.n_tokens()) / static_cast<double>(n_tokens))) return std::nullopt;
    const TokenCorpus part = generate(host.model, settings);
    for (Index s = 0; s < part.n_sequences() && corpus.n_tokens() < n_tokens; ++s) corpus.append(part.sequence(s));
    settings.first_sequence += at_a_time;
  }
  return corpus;
}

namespace detail {

/// The published model whose greedy sample is published, too: 256 tokens after the start.
inline constexpr std::string_view published_model = "b0a507e7ad0f626624f17112325e66691f9076d622e1d3274d103d00299f2696";
inline constexpr std::string_view published_sample = "30b2ffb07967932a88bfdf5e23b517a6f4cfcf7231db9e537360d3c12a4e4d10";

}  // namespace detail

/// Whether the model writes greedily what llama2.c publishes as its sample; nothing where no sample is known of it.
[[nodiscard]] inline std::optional<bool> greedy_matches(const Host& host) {
  if (host.checksum != detail::published_model) return std::nullopt;
  GenerateSettings settings;
  settings.sampling.temperature = 0;
  settings.most_tokens = 257;
  const TokenCorpus corpus = generate(host.model, settings);
  return sha256_hex(host.tokenizer.decode(corpus.sequence(0))) == detail::published_sample;
}

/// What the model loses on the held-out text without an SAE: the frame of every other figure.
struct Baselines {
  double clean = 0;  ///< nats a token
  Index n_predicted = 0;
  std::vector<double> zero;  ///< of each layer: the stream is zero at every position
  std::vector<double> mean;  ///< of each layer: the stream is its mean over the training text at every position
};

/// \param streams  of the training text, for the means
[[nodiscard]] inline Baselines measure_baselines(const Host& host, const TokenCorpus& held_out,
                                                 const CapturedStreams& streams, const PassSettings& passes) {
  const CrossEntropy clean = cross_entropy(host.model, held_out, passes);
  Baselines baselines{clean.nats_a_token, clean.n_predicted, {}, {}};
  for (Index layer = 0; layer < host.n_layers(); ++layer) {
    const auto loss_of = [&](const Splice& splice) {
      return spliced_cross_entropy(host.model, held_out, splice, {.layer = layer, .passes = passes}).nats_a_token;
    };
    baselines.zero.push_back(loss_of(zero_ablation()));
    baselines.mean.push_back(loss_of(mean_ablation(mean_stream(streams.layers[static_cast<std::size_t>(layer)]))));
  }
  return baselines;
}

}  // namespace parsae_examples::multilayer
