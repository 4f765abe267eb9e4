// SPDX-License-Identifier: MIT
#include <examples/language_fixture.hpp>
#include <language/generate.hpp>

#include <limits>
#include <stdexcept>

namespace language_generate_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using parsae::Threads;

namespace {

/// The definition: every token from the logits of the whole text so far.
std::vector<Token> plain_sequence(const Llama& model, const GenerateSettings& settings, Index number,
                                  const StreamHook& hook = {}) {
  std::vector<Token> tokens(settings.prompt.begin(), settings.prompt.end());
  const auto most = static_cast<std::size_t>(settings.most_tokens == 0 ? model.shape().context : settings.most_tokens);
  const parsae::Random random(settings.seed, std::uint64_t{256} << 48 | static_cast<std::uint64_t>(number));
  while (tokens.size() < most) {
    KeyValueCache sequence(model.shape(), static_cast<Index>(tokens.size()));
    LlamaPass pass;
    pass.add(sequence, slice_of(tokens));
    model.run(pass, hook, Threads(1));
    Matrix<float> logits = model.logits(pass, Threads(1)).rightCols(1);
    const Token next = sample_token({logits.data(), logits.size()}, settings.sampling, random.uniform(tokens.size()));
    if (next == start_token || next == end_token) break;
    tokens.push_back(next);
  }
  return tokens;
}

std::vector<Token> sequence_of(const TokenCorpus& corpus, Index s) {
  return {corpus.sequence(s).begin(), corpus.sequence(s).end()};
}

}  // namespace

TEST_CASE("what is written in groups, with caches, is what whole texts give one by one") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  GenerateSettings settings;
  settings.n_sequences = 53;
  settings.most_tokens = 40;
  settings.seed = 3;
  settings.threads = Threads(2);
  const TokenCorpus corpus = generate(model, settings);
  REQUIRE(corpus.n_sequences() == 53);
  Index n_ended = 0;
  for (Index s = 0; s < 53; ++s) {
    REQUIRE(sequence_of(corpus, s) == plain_sequence(model, settings, s));
    if (corpus.sequence(s).size() < 40) ++n_ended;
  }
  CHECK(n_ended > 5);
  CHECK(n_ended < 53);

  for (const int threads : {1, 4}) {
    settings.threads = Threads(threads);
    CHECK(generate(model, settings) == corpus);
  }
  settings.first_sequence = 31;
  settings.n_sequences = 5;
  const TokenCorpus part = generate(model, settings);
  for (Index s = 0; s < 5; ++s) CHECK(sequence_of(part, s) == sequence_of(corpus, 31 + s));
  settings.seed = 4;
  CHECK_FALSE(generate(model, settings) == part);
}

TEST_CASE("a prompt, a hook and the sampling are followed") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  GenerateSettings settings;
  settings.n_sequences = 3;
  settings.sampling = {.temperature = 0.7, .top_p = 0.8};
  settings.prompt = parsae::Buffer<Token>();
  for (const Token token : {1, 9, 17, 5}) settings.prompt.push_back(token);
  const StreamHook hook = at_layer(0, [](Eigen::Ref<Matrix<float>> stream) { stream.row(3).array() += 0.5F; });
  const TokenCorpus corpus = generate(model, settings, hook);
  for (Index s = 0; s < 3; ++s) {
    CHECK(sequence_of(corpus, s) == plain_sequence(model, settings, s, hook));
    CHECK(corpus.sequence(s).size() <= model.shape().context);
  }
  CHECK_FALSE(generate(model, settings) == corpus);
}

TEST_CASE("greedy sequences are all the same") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  GenerateSettings settings;
  settings.n_sequences = 2;
  settings.most_tokens = 20;
  settings.sampling.temperature = 0;
  const TokenCorpus corpus = generate(model, settings);
  CHECK(sequence_of(corpus, 0) == sequence_of(corpus, 1));
}

TEST_CASE("what a hook throws, and a stream that it ruins, come out as exceptions") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  GenerateSettings settings;
  settings.n_sequences = 60;
  settings.threads = Threads(2);
  const StreamHook fails = [](Index, const Eigen::Ref<const Matrix<float>>&) { throw std::domain_error("no"); };
  CHECK_THROWS_AS(generate(model, settings, fails), std::domain_error);
  const StreamHook ruins = [](Index, Eigen::Ref<Matrix<float>> stream) {
    stream.setConstant(std::numeric_limits<float>::quiet_NaN());
  };
  CHECK_THROWS_WITH(generate(model, settings, ruins), ContainsSubstring("not finite"));
}

TEST_CASE("generation settings outside their ranges are refused") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const auto refused = [&](const auto& change) {
    GenerateSettings settings;
    change(settings);
    CHECK_THROWS_AS(generate(model, settings), std::invalid_argument);
  };
  refused([](GenerateSettings& s) { s.n_sequences = 0; });
  refused([](GenerateSettings& s) { s.first_sequence = -1; });
  refused([](GenerateSettings& s) { s.most_tokens = 81; });
  refused([](GenerateSettings& s) { s.most_tokens = 1; });
  refused([](GenerateSettings& s) { s.sampling.top_p = 0; });
  refused([](GenerateSettings& s) { s.prompt.clear(); });
  refused([](GenerateSettings& s) { s.prompt.assign(80, 1); });
  refused([](GenerateSettings& s) { s.prompt.push_back(37); });
}

}  // namespace language_generate_test
