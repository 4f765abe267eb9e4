// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>

#include <language/llama.hpp>
#include <language/sampling.hpp>
#include <language/token_corpus.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace parsae_examples {

struct GenerateSettings {
  Index n_sequences = 1;     ///< >= 1
  Index first_sequence = 0;  ///< number of the first one, >= 0: two calls give what one call for all would give
  Index most_tokens = 0;     ///< of a sequence with its prompt, more than the prompt has; 0: the model's context
  std::uint64_t seed = 0;
  Sampling sampling = {};
  parsae::Buffer<Token> prompt = parsae::Buffer<Token>(1, start_token);  ///< at least one token
  parsae::Threads threads = parsae::Threads::available();
};

namespace detail {

/// Sequences that one thread writes at the same time.
class SequenceGroup {
 public:
  /// Fills the register tiles and leaves the keys and values of a small model in the cache.
  static constexpr Index size = LlamaBlock::most_columns;

  SequenceGroup(const LlamaShape& shape, Index most_tokens) : most_tokens_(most_tokens) {
    caches_.reserve(std::size_t{size});
    for (Index i = 0; i < size; ++i) caches_.emplace_back(shape, most_tokens);
  }

  /// Sequences first to first + n - 1 of the corpus, n <= size.
  void write(const Llama& model, const GenerateSettings& settings, const StreamHook& hook, Index first, Index n,
             parsae::Buffer<Token>* sequences) {
    active_.clear();
    for (Index i = 0; i < n; ++i) {
      caches_[static_cast<std::size_t>(i)].clear();
      sequences[i] = settings.prompt;
      active_.push_back(i);
    }
    const parsae::Threads one(1);
    while (!active_.empty()) {
      add_columns(sequences);
      model.run(pass_, hook, one);
      drawn_.assign(n, -1);
      model.visit_logits(
          pass_,
          [&](Index column, parsae::Slice<float> logits) {
            const Index i = sequence_of_[column];
            if (i >= 0) drawn_[i] = draw(settings, first + i, sequences[i].size(), logits);
          },
          one);
      take_drawn(sequences);
    }
  }

 private:
  /// What the model has not seen yet of every active sequence. Only its last column is drawn from.
  void add_columns(const parsae::Buffer<Token>* sequences) {
    pass_.clear();
    sequence_of_.clear();
    for (const Index i : active_) {
      KeyValueCache& cache = caches_[static_cast<std::size_t>(i)];
      const Index seen = cache.length();
      const Index n_new = sequences[i].size() - seen;
      for (Index c = 1; c < n_new; ++c) sequence_of_.push_back(-1);
      sequence_of_.push_back(i);
      pass_.add(cache, sequences[i].slice().part(seen, n_new));
    }
  }

  /// The draw of a sequence's token at a position is that and nothing else's, whoever computes it.
  [[nodiscard]] static Token draw(const GenerateSettings& settings, Index sequence, Index position,
                                  parsae::Slice<float> logits) {
    constexpr std::uint64_t purpose = std::uint64_t{256} << 48;  // apart from those of the library
    const parsae::Random random(settings.seed, purpose | static_cast<std::uint64_t>(sequence));
    return sample_token(logits, settings.sampling, random.uniform(static_cast<std::uint64_t>(position)));
  }

  void take_drawn(parsae::Buffer<Token>* sequences) {
    still_active_.clear();
    for (const Index i : active_) {
      const Token token = drawn_[i];
      if (token < 0)
        throw std::runtime_error("the logits after " + std::to_string(sequences[i].size()) +
                                 " tokens are not finite: the stream was changed by too much");
      if (token == start_token || token == end_token) continue;
      sequences[i].push_back(token);
      if (sequences[i].size() < most_tokens_) still_active_.push_back(i);
    }
    std::swap(active_, still_active_);
  }

  Index most_tokens_;
  LlamaPass pass_;
  std::vector<KeyValueCache> caches_;
  parsae::Buffer<Index> active_;
  parsae::Buffer<Index> still_active_;
  parsae::Buffer<Index> sequence_of_;  // by column; -1: nothing is drawn there
  parsae::Buffer<Token> drawn_;
};

inline void require_generate(const GenerateSettings& settings, const LlamaShape& shape) {
  require_sampling(settings.sampling);
  parsae::require_at_least("generate n_sequences", settings.n_sequences, Index{1});
  parsae::require_between("generate first_sequence", settings.first_sequence, Index{0}, Index{1} << 40);
  parsae::require_between("generate prompt tokens", settings.prompt.size(), Index{1}, shape.context - 1);
  for (const Token token : settings.prompt)
    parsae::require_between("generate prompt token", Index{token}, Index{0}, shape.n_vocabulary - 1);
  if (settings.most_tokens != 0)
    parsae::require_between("generate most_tokens", settings.most_tokens, settings.prompt.size() + 1, shape.context);
}

}  // namespace detail

/// Writes sequences: each is the prompt and what is sampled after it, until the model would begin another text (the
/// start or the end token, which is not kept) or most_tokens are reached. A sequence depends on its number, the seed,
/// the prompt, the sampling and the hook alone: not on the threads, nor on what is written beside it.
///
/// With a hook the stream is steered: it is called for many sequences at a time, a column each, and by several threads
/// at the same time. What it throws comes out of here.
[[nodiscard]] inline TokenCorpus generate(const Llama& model, const GenerateSettings& settings,
                                          const StreamHook& hook = {}) {
  detail::require_generate(settings, model.shape());
  const Index most_tokens = settings.most_tokens == 0 ? model.shape().context : settings.most_tokens;
  constexpr Index size = detail::SequenceGroup::size;
  const Index n_groups = parsae::divide_up(settings.n_sequences, size);
  std::vector<detail::SequenceGroup> groups;  // one for each thread
  for (Index worker = 0; worker < std::min<Index>(settings.threads.count(), n_groups); ++worker)
    groups.emplace_back(model.shape(), most_tokens);
  std::vector<parsae::Buffer<Token>> sequences(static_cast<std::size_t>(settings.n_sequences));
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(n_groups));
  settings.threads.for_each(n_groups, [&](Index task, int worker) {
    const Index first = task * size;
    try {  // an exception cannot leave a parallel region
      groups[static_cast<std::size_t>(worker)].write(model, settings, hook, settings.first_sequence + first,
                                                     std::min(size, settings.n_sequences - first),
                                                     sequences.data() + first);
    } catch (...) {
      failures[static_cast<std::size_t>(task)] = std::current_exception();
    }
  });
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  TokenCorpus corpus;
  for (const parsae::Buffer<Token>& sequence : sequences) corpus.append(sequence.slice());
  return corpus;
}

}  // namespace parsae_examples
