// SPDX-License-Identifier: MIT
#pragma once

#include <language/llama.hpp>
#include <language/token_corpus.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace parsae_examples {

/// How a corpus is run through the model. Neither setting changes a bit of what comes out.
struct PassSettings {
  Index tokens_a_pass = 4096;  ///< most tokens at a time, unless one sequence has more; >= 1
  parsae::Threads threads = parsae::Threads::available();
};

/// Runs whole sequences, many in a pass: use(pass, first), where column i of the pass is token first + i of the corpus.
/// Throws std::invalid_argument when a sequence is empty or longer than the context.
///
/// \param hook_of  hook_of(pass, first): the StreamHook of the pass
template <class HookOf, class Use>
void run_corpus(const Llama& model, const TokenCorpus& corpus, const PassSettings& settings, const HookOf& hook_of,
                const Use& use) {
  parsae::require_at_least("corpus tokens_a_pass", settings.tokens_a_pass, Index{1});
  for (Index s = 0; s < corpus.n_sequences(); ++s)
    parsae::require_between("corpus tokens of a sequence", corpus.sequence(s).size(), Index{1}, model.shape().context);
  LlamaPass pass;
  std::vector<KeyValueCache> caches;
  for (Index first = 0, last = 0; first < corpus.n_sequences(); first = last) {
    Index longest = 0;
    Index n_tokens = 0;
    for (; last < corpus.n_sequences(); ++last) {
      const Index size = corpus.sequence(last).size();
      if (last > first && n_tokens + size > settings.tokens_a_pass) break;
      n_tokens += size;
      longest = std::max(longest, size);
    }
    pass.clear();
    for (std::size_t i = 0; i < static_cast<std::size_t>(last - first); ++i) {
      if (i == caches.size()) caches.emplace_back(model.shape(), longest);
      if (caches[i].capacity() < longest) caches[i] = KeyValueCache(model.shape(), longest);
      caches[i].clear();
    }
    for (Index s = first; s < last; ++s) pass.add(caches[static_cast<std::size_t>(s - first)], corpus.sequence(s));
    model.run(pass, hook_of(std::as_const(pass), corpus.offsets[first]), settings.threads);
    use(pass, corpus.offsets[first]);
  }
}

}  // namespace parsae_examples
