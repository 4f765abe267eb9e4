// SPDX-License-Identifier: MIT
#include <examples/language_fixture.hpp>
#include <language/ablation.hpp>

#include <stdexcept>

namespace language_cross_entropy_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using parsae::Threads;

namespace {

const std::vector<Index> lengths{30, 1, 7, 50, 2};

TokenCorpus random_corpus() {
  TokenCorpus corpus;
  std::uint64_t stream = 10;
  for (const Index length : lengths) {
    std::vector<Token> tokens = random_tokens(length, 37, stream++);
    tokens[0] = start_token;
    corpus.append(slice_of(tokens));
  }
  return corpus;
}

/// The definition, with a sequence after the other in plain loops.
double plain_cross_entropy(const LlamaCheckpoint& checkpoint, const TokenCorpus& corpus,
                           const PlainLlama::Replace& replace = {}) {
  double sum = 0;
  double n = 0;
  for (Index s = 0; s < corpus.n_sequences(); ++s) {
    const std::vector<Token> tokens(corpus.sequence(s).begin(), corpus.sequence(s).end());
    const PlainLlama::Result result = PlainLlama(checkpoint).run(tokens, replace);
    for (std::size_t p = 0; p + 1 < tokens.size(); ++p) {
      double total = 0;
      for (const double logit : result.logits[p]) total += std::exp(logit);
      sum += std::log(total) - result.logits[p][static_cast<std::size_t>(tokens[p + 1])];
      n += 1;
    }
  }
  return sum / n;
}

const Splice identity = [](const Eigen::Ref<const Matrix<float>>& stream) -> Matrix<float> { return stream; };

}  // namespace

TEST_CASE("the cross-entropy is the mean over all predicted tokens, however they are cut into passes") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const TokenCorpus corpus = random_corpus();
  const CrossEntropy clean = cross_entropy(model, corpus);
  CHECK(clean.n_predicted == 29 + 0 + 6 + 49 + 1);
  CHECK_THAT(clean.nats_a_token, WithinAbs(plain_cross_entropy(*checkpoint, corpus), 1e-4));
  for (const Index tokens_a_pass : {1, 31, 38, 1000})
    for (const int threads : {1, 3}) {
      const CrossEntropy again = cross_entropy(model, corpus, {tokens_a_pass, Threads(threads)});
      CHECK(again.nats_a_token == clean.nats_a_token);
      CHECK(again.n_predicted == clean.n_predicted);
    }
}

TEST_CASE("a stream that is replaced by itself changes no bit, and zero at every position leaves nothing to say") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const TokenCorpus corpus = random_corpus();
  const double clean = cross_entropy(model, corpus).nats_a_token;
  for (Index layer = 0; layer < 3; ++layer) {
    CHECK(spliced_cross_entropy(model, corpus, identity, {.layer = layer}).nats_a_token == clean);
    CHECK_THAT(spliced_cross_entropy(model, corpus, zero_ablation(), {.layer = layer}).nats_a_token,
               WithinAbs(std::log(37.0), 1e-6));
  }
}

TEST_CASE("a splice reaches the blocks behind it, at the first position where it is asked to") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const TokenCorpus corpus = random_corpus();
  const Splice halves = [](const Eigen::Ref<const Matrix<float>>& stream) -> Matrix<float> { return 0.5F * stream; };
  for (const bool includes_first : {true, false}) {
    const double expected =
        plain_cross_entropy(*checkpoint, corpus, [&](Index layer, Index position, PlainLlama::Stream& stream) {
          if (layer != 1 || (position == 0 && !includes_first)) return;
          for (double& value : stream) value *= 0.5;
        });
    SpliceSettings settings{.layer = 1};
    settings.first_position = includes_first ? FirstPosition::Included : FirstPosition::LeftOut;
    settings.passes.tokens_a_pass = 40;
    CHECK_THAT(spliced_cross_entropy(model, corpus, halves, settings).nats_a_token, WithinAbs(expected, 1e-4));
  }
}

TEST_CASE("captured streams are those of the definition, with or without first positions") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const TokenCorpus corpus = random_corpus();
  for (const FirstPosition first : {FirstPosition::Included, FirstPosition::LeftOut}) {
    const CapturedStreams streams = capture_streams(model, corpus, {first, {.tokens_a_pass = 33}});
    REQUIRE(streams.layers.size() == 3);
    const Index n_left_out = first == FirstPosition::LeftOut ? 1 : 0;
    REQUIRE(streams.layers[0].cols() == 90 - 5 * n_left_out);
    REQUIRE(streams.token_of_sample.size() == streams.layers[0].cols());
    Index sample = 0;
    double worst = 0;
    for (Index s = 0; s < corpus.n_sequences(); ++s) {
      const std::vector<Token> tokens(corpus.sequence(s).begin(), corpus.sequence(s).end());
      const PlainLlama::Result plain = PlainLlama(*checkpoint).run(tokens);
      for (Index p = n_left_out; p < corpus.sequence(s).size(); ++p, ++sample) {
        REQUIRE(streams.token_of_sample[sample] == corpus.offsets[s] + p);
        for (std::size_t layer = 0; layer < 3; ++layer)
          for (Index i = 0; i < 16; ++i)
            worst = std::max(worst,
                             std::abs(streams.layers[layer](i, sample) -
                                      plain.streams[static_cast<std::size_t>(p)][layer][static_cast<std::size_t>(i)]));
      }
    }
    CHECK(worst < 1e-4);
  }
}

TEST_CASE("mean ablation puts the mean of all samples in the place of each") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const TokenCorpus corpus = random_corpus();
  const CapturedStreams streams = capture_streams(model, corpus, {.first_position = FirstPosition::Included});
  const Vector<float> mean = mean_stream(streams.layers[2]);
  Vector<double> expected = Vector<double>::Zero(16);
  for (Index i = 0; i < 90; ++i) expected += streams.layers[2].col(i).cast<double>() / 90;
  CHECK((mean.cast<double>() - expected).cwiseAbs().maxCoeff() < 1e-6);
  // Behind the last block every position then says the same.
  const double ablated = spliced_cross_entropy(model, corpus, mean_ablation(mean), {.layer = 2}).nats_a_token;
  const double plain = plain_cross_entropy(*checkpoint, corpus, [&](Index layer, Index, PlainLlama::Stream& stream) {
    for (std::size_t i = 0; layer == 2 && i < stream.size(); ++i) stream[i] = mean(static_cast<Index>(i));
  });
  CHECK_THAT(ablated, WithinAbs(plain, 1e-4));
}

TEST_CASE("recovered loss: 1 unnoticed, 0 as bad as the ablation, and a worked number") {
  CHECK(loss_recovered(1.3, 1.3, 6.2) == 1);
  CHECK(loss_recovered(1.3, 6.2, 6.2) == 0);
  CHECK(loss_recovered(1.0, 7.0, 3.0) == -2);
  CHECK_THAT(loss_recovered(1.321, 1.321 + 0.231, 6.2383), WithinAbs(0.953, 5e-4));
}

TEST_CASE("a corpus or a splice that cannot be measured is refused") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  TokenCorpus corpus;
  CHECK_THROWS_WITH(cross_entropy(model, corpus), ContainsSubstring("at least two tokens"));
  const std::vector<Token> one{1};
  corpus.append(slice_of(one));
  CHECK_THROWS_WITH(cross_entropy(model, corpus), ContainsSubstring("at least two tokens"));
  corpus.append({});
  CHECK_THROWS_WITH(cross_entropy(model, corpus), ContainsSubstring("tokens of a sequence"));
  const TokenCorpus good = random_corpus();
  CHECK_THROWS_AS(cross_entropy(model, good, {.tokens_a_pass = 0}), std::invalid_argument);
  CHECK_THROWS_WITH(spliced_cross_entropy(model, good, identity, {.layer = 3}), ContainsSubstring("splice layer"));
  const Splice narrow = [](const Eigen::Ref<const Matrix<float>>& stream) -> Matrix<float> {
    return stream.topRows(3);
  };
  CHECK_THROWS_WITH(spliced_cross_entropy(model, good, narrow, {.layer = 0}), ContainsSubstring("splice stream"));
}

}  // namespace language_cross_entropy_test
