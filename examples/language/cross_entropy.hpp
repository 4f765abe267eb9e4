// SPDX-License-Identifier: MIT
#pragma once

#include <language/captured_streams.hpp>

#include <cmath>
#include <functional>

namespace parsae_examples {

/// The loss of a model on a corpus: -ln p(token | those before it in its sequence), in nats, averaged over all tokens
/// of the corpus but the first of each sequence, which nothing predicts. Every predicted token has the same weight, so
/// long sequences count more than short ones.
struct CrossEntropy {
  double nats_a_token = 0;
  Index n_predicted = 0;
};

/// ln of the softmax probability of `token`. Overwrites the logits. NaN when they are not finite.
[[nodiscard]] inline double log_probability(parsae::Slice<float> logits, Token token) {
  Eigen::Map<Eigen::ArrayXf> values(logits.data(), logits.size());
  values -= values.maxCoeff();
  const double chosen = logits[token];
  values = values.exp();
  double total = 0;
  for (const float value : logits) total += value;
  return chosen - std::log(total);
}

namespace detail {

template <class HookOf>
[[nodiscard]] CrossEntropy measure_cross_entropy(const Llama& model, const TokenCorpus& corpus,
                                                 const PassSettings& settings, const HookOf& hook_of) {
  CrossEntropy result;
  parsae::Vector<double> losses;
  run_corpus(model, corpus, settings, hook_of, [&](LlamaPass& pass, Index first) {
    losses.setZero(pass.n_columns());
    const auto is_last = [&](Index i) { return i + 1 == pass.n_columns() || pass.column(i + 1).position == 0; };
    model.visit_logits(
        pass,
        [&](Index i, parsae::Slice<float> logits) {
          if (!is_last(i)) losses(i) = -log_probability(logits, corpus.tokens[first + i + 1]);
        },
        settings.threads);
    for (Index i = 0; i < pass.n_columns(); ++i) {
      if (is_last(i)) continue;
      result.nats_a_token += losses(i);  // one after another, whatever the threads
      ++result.n_predicted;
    }
  });
  if (result.n_predicted == 0) parsae::reject("cross_entropy corpus", "a sequence of at least two tokens", "none");
  result.nats_a_token /= static_cast<double>(result.n_predicted);
  return result;
}

}  // namespace detail

/// The cross-entropy of the model as it is.
[[nodiscard]] inline CrossEntropy cross_entropy(const Llama& model, const TokenCorpus& corpus,
                                                const PassSettings& settings = {}) {
  return detail::measure_cross_entropy(model, corpus, settings, [](const LlamaPass&, Index) { return StreamHook(); });
}

/// A change of the stream behind one block: what it is given is replaced by what it returns, width x tokens.
using Splice = std::function<parsae::Matrix<float>(const Eigen::Ref<const parsae::Matrix<float>>& stream)>;

struct SpliceSettings {
  Index layer = 0;  ///< the block behind which the stream is replaced
  /// LeftOut: the model's own stream goes on at the first position of each sequence, as for an SAE that was not trained
  /// there. The loss is still averaged over the same tokens.
  FirstPosition first_position = FirstPosition::Included;
  PassSettings passes = {};
};

/// The cross-entropy with the stream replaced behind one block. Throws std::invalid_argument when there is no such
/// block, and when the splice returns a matrix of another shape.
[[nodiscard]] inline CrossEntropy spliced_cross_entropy(const Llama& model, const TokenCorpus& corpus,
                                                        const Splice& splice, const SpliceSettings& settings) {
  parsae::require_between("splice layer", settings.layer, Index{0}, model.shape().n_layers - 1);
  const auto hook_of = [&](const LlamaPass& pass, Index) {
    return at_layer(settings.layer, [&](Eigen::Ref<parsae::Matrix<float>> stream) {
      const parsae::Matrix<float> replaced = splice(stream);
      parsae::require_shape("splice stream", replaced.rows(), replaced.cols(), stream.rows(), stream.cols());
      for (Index i = 0; i < stream.cols(); ++i)
        if (settings.first_position == FirstPosition::Included || pass.column(i).position > 0)
          stream.col(i) = replaced.col(i);
    });
  };
  return detail::measure_cross_entropy(model, corpus, settings.passes, hook_of);
}

}  // namespace parsae_examples
