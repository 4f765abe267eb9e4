// SPDX-License-Identifier: MIT
#include <examples/language_fixture.hpp>
#include <language/ablation.hpp>
#include <language/generate.hpp>
#include <language/tokenizer.hpp>

#include <array>
#include <memory>

namespace language_stories_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::WithinAbs;

namespace {

/// The published model of 260,000 parameters, which the project does not ship.
struct Stories {
  explicit Stories(const std::filesystem::path& path)
      : checkpoint(path), tokenizer(path.parent_path() / "tok512.bin"), model(checkpoint) {
    tokenizer.require_vocabulary(model.shape().n_vocabulary);
  }
  LlamaCheckpoint checkpoint;
  Tokenizer tokenizer;
  Llama model;
};

/// Nothing, after a word about why, when the files are not there.
std::unique_ptr<Stories> stories() {
  const auto path = real_data("language/stories260K.bin");
  if (path) return std::make_unique<Stories>(*path);
  WARN("skipped: needs stories260K.bin and tok512.bin of llama2.c in the folder language of PARSAE_TEST_DATA");
  SUCCEED();
  return nullptr;
}

/// 28 stories of the model's own, some 10,000 tokens.
const TokenCorpus& own_stories(const Llama& model) {
  static const TokenCorpus corpus = [&] {
    GenerateSettings settings;
    settings.n_sequences = 28;
    settings.seed = 1;
    return generate(model, settings);
  }();
  return corpus;
}

/// The mean entropy of what the model says at the positions that cross_entropy() averages over.
double mean_entropy(const Llama& model, const TokenCorpus& corpus) {
  double sum = 0;
  Index n = 0;
  const auto no_hook = [](const LlamaPass&, Index) { return StreamHook(); };
  run_corpus(model, corpus, {}, no_hook, [&](LlamaPass& pass, Index) {
    const Matrix<double> logits = model.logits(pass).cast<double>();
    for (Index i = 0; i + 1 < pass.n_columns(); ++i) {
      if (pass.column(i + 1).position == 0) continue;
      const double largest = logits.col(i).maxCoeff();
      const Vector<double> p = (logits.col(i).array() - largest).exp().matrix();
      const double total = p.sum();
      sum += std::log(total) - (logits.col(i).array() - largest).matrix().dot(p) / total;
      ++n;
    }
  });
  return sum / static_cast<double>(n);
}

}  // namespace

TEST_CASE("greedy decoding of the published model gives its published sample") {
  const std::unique_ptr<Stories> host = stories();
  if (!host) return;
  GenerateSettings settings;
  settings.sampling.temperature = 0;
  settings.most_tokens = 257;  // the start, and the 256 tokens of the sample
  const std::string text = host->tokenizer.decode(generate(host->model, settings).sequence(0));
  const auto sample = real_data("language/stories260K_greedy.txt");
  REQUIRE(sample);
  std::string expected = parsae::test::content_of(*sample);
  const std::size_t mark = expected.find("\n<|endoftext|>");  // of the file, not of the model
  if (mark != std::string::npos) expected.resize(mark);
  CHECK(text == expected);
  // The tokens that were decoded are those that the text is encoded to.
  const parsae::Buffer<Token> tokens = host->tokenizer.encode(text);
  CHECK(host->tokenizer.decode(tokens.slice()) == text);
  CHECK(tokens.size() == 257);
}

TEST_CASE("on its own stories the published model loses what it says that it does not know") {
  const std::unique_ptr<Stories> host = stories();
  if (!host) return;
  const TokenCorpus& corpus = own_stories(host->model);
  const CrossEntropy loss = cross_entropy(host->model, corpus);
  CHECK(loss.n_predicted > 8'000);
  CHECK(loss.n_predicted < 13'000);
  // 1.325 nats over 1.2 million tokens. The mean of 10,000 wanders by 0.03, its distance from the entropy by less.
  CHECK_THAT(loss.nats_a_token, WithinAbs(1.325, 0.12));
  CHECK_THAT(loss.nats_a_token, WithinAbs(mean_entropy(host->model, corpus), 0.05));
}

TEST_CASE("the streams of the published model have the norms of an independent implementation") {
  const std::unique_ptr<Stories> host = stories();
  if (!host) return;
  TokenCorpus corpus;
  for (Index s = 0; s < 10; ++s) corpus.append(own_stories(host->model).sequence(s));
  const CapturedStreams streams = capture_streams(host->model, corpus, {.first_position = FirstPosition::Included});
  const std::array<double, 5> expected{12.3, 25.7, 48.0, 92.2, 166.5};
  REQUIRE(streams.layers.size() == expected.size());
  for (std::size_t layer = 0; layer < expected.size(); ++layer) {
    const double mean_squared_norm = streams.layers[layer].colwise().squaredNorm().mean();
    CHECK_THAT(mean_squared_norm / expected[layer], WithinAbs(1, 0.05));
  }
}

TEST_CASE("splices of the published model: itself changes no bit, zero leaves the vocabulary's logarithm") {
  const std::unique_ptr<Stories> host = stories();
  if (!host) return;
  TokenCorpus corpus;
  for (Index s = 0; s < 2; ++s) corpus.append(own_stories(host->model).sequence(s));
  const double clean = cross_entropy(host->model, corpus).nats_a_token;
  const Splice identity = [](const Eigen::Ref<const Matrix<float>>& stream) -> Matrix<float> { return stream; };
  for (Index layer = 0; layer < 5; ++layer) {
    CHECK(spliced_cross_entropy(host->model, corpus, identity, {.layer = layer}).nats_a_token == clean);
    CHECK_THAT(spliced_cross_entropy(host->model, corpus, zero_ablation(), {.layer = layer}).nats_a_token,
               WithinAbs(std::log(512.0), 1e-4));
  }
}

}  // namespace language_stories_test
