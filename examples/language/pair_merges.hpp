// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

#include <language/llama_shape.hpp>

#include <functional>
#include <queue>
#include <utility>

namespace parsae_examples {

/// Greedy merges of neighbors (byte pair encoding): as long as two neighbors have a union, those with the highest score
/// of it become one; of equal scores the leftmost. In n log n steps, where trying all neighbors anew takes n^2.
class PairMerges {
 public:
  using Merge = std::function<Token(Token left, Token right)>;  ///< their union, or -1
  using Score = std::function<float(Token)>;

  PairMerges(Merge merge, Score score) : merge_(std::move(merge)), score_(std::move(score)) {}

  [[nodiscard]] parsae::Buffer<Token> apply(const parsae::Buffer<Token>& tokens) const {
    State state;
    const Index n = tokens.size();
    for (Index i = 0; i < n; ++i) state.links.push_back({tokens[i], i - 1, i + 1 < n ? i + 1 : -1});
    for (Index i = 0; i + 1 < n; ++i) consider(state, i);
    while (!state.candidates.empty()) {
      const Candidate best = state.candidates.top();
      state.candidates.pop();
      if (is_current(state, best)) join(state, best);
    }
    parsae::Buffer<Token> merged;
    for (Index i = n > 0 ? 0 : -1; i >= 0; i = state.links[i].next) merged.push_back(state.links[i].token);
    return merged;
  }

 private:
  struct Link {
    Token token = -1;  // -1: joined with one to its left
    Index previous = -1;
    Index next = -1;
  };

  struct Candidate {
    float score = 0;
    Index left = 0;
    Index right = 0;
    Token left_token = 0;
    Token right_token = 0;
    Token joined = 0;

    friend bool operator<(const Candidate& a, const Candidate& b) {
      return a.score < b.score || (a.score == b.score && a.left > b.left);
    }
  };

  struct State {
    parsae::Buffer<Link> links;
    std::priority_queue<Candidate> candidates;
  };

  /// The neighbors `left` and its next.
  void consider(State& state, Index left) const {
    if (left < 0 || state.links[left].next < 0) return;
    const Index right = state.links[left].next;
    const Token left_token = state.links[left].token;
    const Token right_token = state.links[right].token;
    const Token joined = merge_(left_token, right_token);
    if (joined >= 0) state.candidates.push({score_(joined), left, right, left_token, right_token, joined});
  }

  /// False when one of the two has been joined with another since.
  [[nodiscard]] static bool is_current(const State& state, const Candidate& pair) {
    return state.links[pair.left].token == pair.left_token && state.links[pair.left].next == pair.right &&
           state.links[pair.right].token == pair.right_token;
  }

  void join(State& state, const Candidate& pair) const {
    Link& left = state.links[pair.left];
    Link& right = state.links[pair.right];
    left.token = pair.joined;
    left.next = right.next;
    if (right.next >= 0) state.links[right.next].previous = pair.left;
    right.token = -1;
    consider(state, left.previous);
    consider(state, pair.left);
  }

  Merge merge_;
  Score score_;
};

}  // namespace parsae_examples
