// SPDX-License-Identifier: MIT
#pragma once

#include <language/corpus_passes.hpp>

#include <vector>

namespace parsae_examples {

/// What happens at the first position of every sequence. All sequences begin with the same token, so the stream there
/// is always the same, and several times as large as elsewhere.
enum class FirstPosition { Included, LeftOut };

/// The residual stream of a corpus behind every block.
struct CapturedStreams {
  std::vector<parsae::Matrix<float>> layers;  ///< for each block: width x samples, a sample is a token
  parsae::Buffer<Index> token_of_sample;      ///< its place in corpus.tokens
};

struct CaptureSettings {
  FirstPosition first_position = FirstPosition::LeftOut;
  PassSettings passes = {};
};

[[nodiscard]] inline CapturedStreams capture_streams(const Llama& model, const TokenCorpus& corpus,
                                                     const CaptureSettings& settings = {}) {
  const bool leaves_out = settings.first_position == FirstPosition::LeftOut;
  CapturedStreams streams;
  const Index n_samples = corpus.n_tokens() - (leaves_out ? corpus.n_sequences() : 0);
  for (Index layer = 0; layer < model.shape().n_layers; ++layer)
    streams.layers.emplace_back(model.shape().width, n_samples);
  Index n_before = 0;  // samples of earlier passes
  const auto hook_of = [&](const LlamaPass& pass, Index) -> StreamHook {
    return [&](Index layer, const Eigen::Ref<const parsae::Matrix<float>>& stream) {
      parsae::Matrix<float>& samples = streams.layers[static_cast<std::size_t>(layer)];
      Index sample = n_before;
      for (Index i = 0; i < stream.cols(); ++i)
        if (!leaves_out || pass.column(i).position > 0) samples.col(sample++) = stream.col(i);
    };
  };
  run_corpus(model, corpus, settings.passes, hook_of, [&](const LlamaPass& pass, Index first) {
    for (Index i = 0; i < pass.n_columns(); ++i)
      if (!leaves_out || pass.column(i).position > 0) streams.token_of_sample.push_back(first + i);
    n_before = streams.token_of_sample.size();
  });
  return streams;
}

}  // namespace parsae_examples
