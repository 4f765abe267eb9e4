// SPDX-License-Identifier: MIT
#include <examples/language_fixture.hpp>
#include <language/llama.hpp>

#include <algorithm>
#include <stdexcept>

namespace language_llama_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using parsae::Threads;

namespace {

/// Logits of a text in one pass.
Matrix<float> logits_of(const Llama& model, const std::vector<Token>& tokens, const StreamHook& hook = {},
                        Threads threads = Threads(1)) {
  KeyValueCache sequence(model.shape(), static_cast<Index>(tokens.size()));
  LlamaPass pass;
  pass.add(sequence, slice_of(tokens));
  model.run(pass, hook, threads);
  return model.logits(pass, threads);
}

double largest_difference(const Matrix<float>& logits, const PlainLlama::Result& plain) {
  double largest = 0;
  for (Index p = 0; p < logits.cols(); ++p)
    for (Index v = 0; v < logits.rows(); ++v)
      largest = std::max(
          largest, std::abs(logits(v, p) - plain.logits[static_cast<std::size_t>(p)][static_cast<std::size_t>(v)]));
  return largest;
}

bool same_bits(const Matrix<float>& a, const Matrix<float>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && (a.array() == b.array()).all();
}

}  // namespace

TEST_CASE("the model is what plain loops over double say, for every kind of checkpoint and grouping of heads") {
  for (const int version : {0, 1}) {
    for (const bool has_own_classifier : {false, true}) {
      for (const Index n_kv_heads : {1, 2, 4}) {
        INFO("version " << version << ", own classifier " << has_own_classifier << ", key heads " << n_kv_heads);
        TinyModel tiny;
        tiny.version = version;
        tiny.has_own_classifier = has_own_classifier;
        tiny.shape.n_kv_heads = n_kv_heads;
        const TinyCheckpoint checkpoint(tiny);
        const Llama model(*checkpoint);
        const std::vector<Token> tokens = random_tokens(60, tiny.shape.n_vocabulary, 1);
        const PlainLlama::Result plain = PlainLlama(*checkpoint).run(tokens);
        std::vector<Matrix<float>> streams;
        const Matrix<float> logits =
            logits_of(model, tokens, [&](Index layer, const Eigen::Ref<const Matrix<float>>& stream) {
              CHECK(layer == static_cast<Index>(streams.size()));
              streams.emplace_back(stream);
            });
        REQUIRE(logits.rows() == tiny.shape.n_vocabulary);
        REQUIRE(logits.cols() == 60);
        CHECK(largest_difference(logits, plain) < 2e-4);
        REQUIRE(streams.size() == 3);
        double worst = 0;
        for (std::size_t layer = 0; layer < 3; ++layer)
          for (std::size_t p = 0; p < 60; ++p)
            for (std::size_t i = 0; i < 16; ++i)
              worst = std::max(worst, std::abs(streams[layer](static_cast<Index>(i), static_cast<Index>(p)) -
                                               plain.streams[p][layer][i]));
        CHECK(worst < 1e-4);
      }
    }
  }
}

TEST_CASE("a token has the same bits alone behind the cache, in a text, beside other sequences and on any threads") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const std::vector<Token> tokens = random_tokens(71, 37, 2);
  const std::vector<Token> other = random_tokens(45, 37, 3);
  const Matrix<float> whole = logits_of(model, tokens);
  for (const int threads : {2, 5}) CHECK(same_bits(logits_of(model, tokens, {}, Threads(threads)), whole));

  KeyValueCache sequence(model.shape(), 80);
  LlamaPass pass;
  for (Index p = 0; p < 71; ++p) {
    pass.clear();
    pass.add(sequence, slice_of(tokens).part(p, 1));
    model.run(pass, {}, Threads(1));
    REQUIRE(same_bits(model.logits(pass, Threads(1)), whole.col(p)));
  }
  CHECK(sequence.length() == 71);

  sequence.clear();
  KeyValueCache other_sequence(model.shape(), 45);
  Index done = 0;
  Index other_done = 0;
  for (const Index n : {3, 1, 30, 0, 37}) {
    pass.clear();
    const Index n_other = std::min<Index>(11, 45 - other_done);
    pass.add(other_sequence, slice_of(other).part(other_done, n_other));
    pass.add(sequence, slice_of(tokens).part(done, n));
    model.run(pass, {}, Threads(2));
    const Matrix<float> logits = model.logits(pass, Threads(2));
    CHECK(same_bits(logits.rightCols(n), whole.middleCols(done, n)));
    done += n;
    other_done += n_other;
  }
  CHECK(done == 71);
}

TEST_CASE("a hook that changes nothing changes no bit, and what it replaces is what the blocks behind it see") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const std::vector<Token> tokens = random_tokens(40, 37, 4);
  const Matrix<float> clean = logits_of(model, tokens);
  const StreamHook identity = [](Index, Eigen::Ref<Matrix<float>> stream) { stream = Matrix<float>(stream); };
  CHECK(same_bits(logits_of(model, tokens, identity), clean));

  const StreamHook replace = at_layer(1, [](Eigen::Ref<Matrix<float>> stream) {
    for (Index p = 0; p < stream.cols(); ++p)
      for (Index i = 0; i < stream.rows(); ++i) stream(i, p) = 0.5F * stream(i, p) + 0.1F * static_cast<float>(i % 3);
  });
  const PlainLlama::Result plain =
      PlainLlama(*checkpoint).run(tokens, [](Index layer, Index, PlainLlama::Stream& stream) {
        for (std::size_t i = 0; layer == 1 && i < stream.size(); ++i)
          stream[i] = 0.5 * stream[i] + 0.1 * static_cast<double>(i % 3);
      });
  const Matrix<float> spliced = logits_of(model, tokens, replace);
  CHECK(largest_difference(spliced, plain) < 2e-4);
  CHECK_FALSE(same_bits(spliced, clean));

  int n_calls = 0;
  const StreamHook counted = both(replace, [&](Index, const Eigen::Ref<const Matrix<float>>& stream) {
    ++n_calls;
    CHECK(stream.rows() == 16);
    CHECK(stream.cols() == 40);
  });
  CHECK(same_bits(logits_of(model, tokens, counted), spliced));
  CHECK(n_calls == 3);
  CHECK(same_bits(logits_of(model, tokens, both({}, {})), clean));
}

TEST_CASE("tokens outside the vocabulary and sequences that are full are refused") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  CHECK_THROWS_WITH(logits_of(model, {1, 37}), ContainsSubstring("Llama token") && ContainsSubstring("0 to 36"));
  CHECK_THROWS_WITH(logits_of(model, {-1}), ContainsSubstring("got -1"));
  CHECK_THROWS_AS(KeyValueCache(model.shape(), 81), std::invalid_argument);
  CHECK_THROWS_AS(KeyValueCache(model.shape(), 0), std::invalid_argument);
  KeyValueCache sequence(model.shape(), 2);
  LlamaPass pass;
  const std::vector<Token> tokens{1, 2, 3};
  CHECK_THROWS_WITH(pass.add(sequence, slice_of(tokens)), ContainsSubstring("0 to 2, got 3"));
}

TEST_CASE("what a hook throws comes out of the run") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const StreamHook fails = [](Index, const Eigen::Ref<const Matrix<float>>&) { throw std::domain_error("no"); };
  CHECK_THROWS_AS(logits_of(model, {1, 2}, fails, Threads(2)), std::domain_error);
}

}  // namespace language_llama_test
