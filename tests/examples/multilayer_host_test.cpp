// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/data/residual_stream.hpp>

#include <support/catch.hpp>
#include <support/random_model.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <string>

#include "../../examples/multilayer/context.hpp"
#include "../../examples/multilayer/multilayer_sae.hpp"
#include "../../examples/multilayer/random_model.hpp"
#include "../../examples/multilayer/sae_store.hpp"
#include "../../examples/multilayer/steering.hpp"

namespace multilayer_host_test {

namespace {

using namespace parsae_examples;
using namespace parsae_examples::multilayer;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using parsae::Matrix;

const auto go_on = [](double) { return true; };

/// The model of --random-model and a held-out text of its own.
struct RandomHost {
  RandomHost() : host(make_random_model(folder.path(), 3)) {
    held_out.text = *own_text(host, 0, 700, 1, parsae::Threads(2), go_on);
    held_out.streams = capture_streams(host.model, held_out.text);
    held_out.baselines = measure_baselines(host, held_out.text, held_out.streams, {});
  }

  parsae::test::TemporaryFolder folder;
  Host host;
  HeldOut held_out;
};

parsae::AnyAutoencoder random_sae(Index n_latents) {
  return parsae::test::random_model(parsae::TopK<float>({.k = 4}), 16, n_latents);
}

}  // namespace

TEST_CASE("the random model is a model: it writes, longer text begins with shorter, and nothing is published of it") {
  const RandomHost random;
  CHECK(random.host.model.shape() == random_model_shape());
  CHECK(random.held_out.text.n_tokens() >= 700);
  const TokenCorpus longer = *own_text(random.host, 0, 1500, 1, parsae::Threads(1), go_on);
  REQUIRE(longer.n_tokens() >= 1500);
  for (Index i = 0; i < 700; ++i) REQUIRE(longer.tokens[i] == random.held_out.text.tokens[i]);
  CHECK_FALSE(own_text(random.host, 0, 1500, 1, parsae::Threads(1), [](double) { return false; }));
  // Stories are written in bunches: the next one does not begin again.
  const TokenCorpus many = *own_text(random.host, 0, 9000, 1, parsae::Threads(2), go_on);
  REQUIRE(many.n_sequences() > 110);
  Index n_repeated = 0;
  for (Index s = 96; s < many.n_sequences(); ++s) {
    const auto story = many.sequence(s);
    const auto before = many.sequence(s - 96);
    n_repeated += std::equal(story.begin(), story.end(), before.begin(), before.end()) ? 1 : 0;
  }
  CHECK(n_repeated < (many.n_sequences() - 96) / 2);
  CHECK_FALSE(greedy_matches(random.host));
  REQUIRE(random.held_out.baselines.zero.size() == 4);
  for (const double zero : random.held_out.baselines.zero) CHECK_THAT(zero, WithinAbs(std::log(48.0), 1e-4));
  CHECK(random.held_out.baselines.clean < std::log(48.0));
  REQUIRE(random.held_out.baselines.mean.size() == 4);
  for (Index layer = 0; layer < 4; ++layer) {
    const auto at = static_cast<std::size_t>(layer);
    const parsae::Vector<float> mean = random.held_out.streams.layers[at].rowwise().mean();
    const double loss =
        spliced_cross_entropy(random.host.model, random.held_out.text, mean_ablation(mean), {.layer = layer})
            .nats_a_token;
    CHECK_THAT(random.held_out.baselines.mean[at], WithinAbs(loss, 1e-4));
    CHECK(std::abs(loss - std::log(48.0)) > 1e-3);
  }
}

TEST_CASE("without a model the way to one is said") {
  const parsae::test::TemporaryFolder folder;
  CHECK_THROWS_WITH(find_model_files(folder.path() / "none.bin", ""), ContainsSubstring("curl"));
  const ModelFiles files = make_random_model(folder.path(), 1);
  CHECK_THROWS_WITH(find_model_files(files.model, ""), ContainsSubstring("--tokenizer"));
  CHECK_THROWS_WITH(find_model_files(files.model, folder.path() / "none"), ContainsSubstring("--tokenizer"));
  CHECK(find_model_files(files.model, files.tokenizer).tokenizer == files.tokenizer);
  std::filesystem::copy(files.tokenizer, folder.path() / "tokenizer.bin");
  CHECK(find_model_files(files.model, "").tokenizer == folder.path() / "tokenizer.bin");
}

TEST_CASE("an SAE behind no transform is judged as one without, and behind a transform in the model's units") {
  const RandomHost random;
  const parsae::AnyAutoencoder sae = random_sae(32);
  const parsae::Threads threads(2);
  LayerRow plain{.layer = 2, .rule = "topk", .n_latents = 32};
  judge(random.host, random.held_out, sae, plain, threads);
  CHECK(plain.l0 <= 4);
  CHECK(plain.fvu > 0);
  CHECK_THAT(plain.loss_recovered,
             WithinAbs(1 - plain.delta_ce / (std::log(48.0) - random.held_out.baselines.clean), 1e-3));
  CHECK_THAT(
      plain.loss_recovered_mean,
      WithinAbs(1 - plain.delta_ce / (random.held_out.baselines.mean[2] - random.held_out.baselines.clean), 1e-6));
  const parsae::LayeredSamples<float> samples(random.held_out.streams.layers);
  LayerRow none{.layer = 2, .rule = "topk", .n_latents = 32};
  judge_transformed(random.host, random.held_out, sae, transform_of("none", samples), none, threads);
  CHECK_THAT(none.fvu, WithinAbs(plain.fvu, 1e-5));
  CHECK(none.l0 == plain.l0);
  CHECK_THAT(none.delta_ce, WithinAbs(plain.delta_ce, 1e-5));

  // An SAE that reconstructs nothing: b_dec = 0, so that undo() leaves each layer's mean.
  auto silent =
      parsae::Autoencoder<parsae::TopK<float>>({.n_inputs = 16, .n_latents = 4}, parsae::TopK<float>({.k = 1}));
  LayerRow mean{.layer = 1, .rule = "topk", .n_latents = 4};
  judge_transformed(random.host, random.held_out, silent, transform_of("per_layer", samples), mean, threads);
  CHECK_THAT(mean.fvu, WithinAbs(1, 1e-4));
  CHECK(mean.l0 == 0);
}

TEST_CASE("an SAE for all layers is analyzed on whole tokens, with the permuted control") {
  const auto stream = parsae::make_residual_stream<float>({.n_inputs = 16,
                                                           .n_directions = 16,
                                                           .n_layers = 4,
                                                           .n_tokens = 300,
                                                           .switch_on = {0.1, 0.05, 0.05, 0.05},
                                                           .persistence = 0.8});
  // The true dictionary, so that codes are nearly the truth.
  parsae::Autoencoder<parsae::TopK<float>> sae({.n_inputs = 16, .n_latents = 16}, parsae::TopK<float>({.k = 2}));
  sae.encoder.w_enc = sae.decoder.w_dec = stream.directions;
  const parsae::LayeredSamples<float> samples(stream.layers);
  const LayerAnalysis analysis = analyze_layers(sae, samples, {}, 1, parsae::Threads(2));
  CHECK(analysis.n_tokens == 300);
  CHECK(analysis.n_layers() == 4);
  CHECK(analysis.latents.size() == 16);
  CHECK(analysis.variance.token < analysis.permuted.token);
  CHECK(analysis.variance.aggregated < analysis.permuted.aggregated);
  CHECK_THAT(analysis.masses.sum(), WithinAbs(analysis.permuted_masses.sum(), 1e-6 * analysis.masses.sum()));
  CHECK((analysis.masses.rowwise().sum() - analysis.permuted_masses.rowwise().sum()).norm() > 1);
  CHECK(analysis.neighbor_cosines.size() == 3);
  CHECK(analysis.neighbor_cosines[2] > 0.5);
  CHECK(analysis.mean_effective_layers() > 1);
  CHECK(analysis.mean_effective_layers() < 4);
}

TEST_CASE("the effective number of layers is a mean over latents by their mass, without silent ones") {
  LayerAnalysis analysis;
  analysis.latents.resize(3);
  analysis.latents[0].mass = 3;
  analysis.latents[0].effective_layers = 1;
  analysis.latents[1].mass = 1;
  analysis.latents[1].effective_layers = 3;
  analysis.latents[2].effective_layers = LayerRow::unknown;
  CHECK_THAT(analysis.mean_effective_layers(), WithinAbs(1.5, 1e-12));
}

TEST_CASE("twins: a dictionary and itself, and a rotated one") {
  const Matrix<float> dictionary = Matrix<float>::Identity(4, 4);
  CHECK_THAT(mean_twin_cosine(dictionary, 3 * dictionary), WithinAbs(1, 1e-6));
  CHECK_THAT(mean_twin_cosine(dictionary, -dictionary), WithinAbs(0, 1e-6));
}

TEST_CASE("trained SAEs are kept for a resumed run of the same settings, and for no other") {
  const parsae::test::TemporaryFolder folder;
  const nlohmann::ordered_json settings{{"seed", 1}};
  int n_trained = 0;
  const auto train = [&]() -> std::optional<parsae::AnyAutoencoder> {
    ++n_trained;
    return random_sae(8);
  };
  const auto obtain = [&](SaeStore::Start start) {
    return SaeStore(folder.path() / "saes", settings, start).obtain("one", train);
  };
  const auto first = obtain(SaeStore::Start::Fresh);
  const auto again = obtain(SaeStore::Start::Resume);
  CHECK(n_trained == 1);
  const auto dictionary = [](const parsae::AnyAutoencoder& sae) {
    return std::visit([](const auto& model) { return model.decoder.w_dec; }, sae);
  };
  CHECK(dictionary(*first) == dictionary(*again));
  static_cast<void>(obtain(SaeStore::Start::Fresh));
  CHECK(n_trained == 2);
  CHECK_THROWS_WITH(SaeStore(folder.path() / "saes", {{"seed", 2}}, SaeStore::Start::Resume),
                    ContainsSubstring("--resume"));
  const auto stopped = [] { return std::optional<parsae::AnyAutoencoder>(); };
  CHECK_FALSE(SaeStore(folder.path() / "saes", settings, SaeStore::Start::Resume).obtain("two", stopped));
  CHECK(obtain(SaeStore::Start::Resume));
  CHECK(n_trained == 2);
}

TEST_CASE("steering finds a word that a latent makes more frequent, and the file gives the direction back") {
  CHECK(words_of("One day, Lily's CAT") == std::vector<std::string>{"one", "day", "lily", "s", "cat"});
  CHECK(words_of("").empty());
  const WordChange change = word_change("the cat saw the dog", "the dog saw dog cat");
  CHECK(change.word == "dog");
  CHECK_THAT(change.before, WithinAbs(0.2, 1e-12));
  CHECK_THAT(change.after, WithinAbs(0.4, 1e-12));
  CHECK_THAT(change.distinct_before, WithinAbs(0.8, 1e-12));
  CHECK(word_change("the cat", "of of of").word.empty());
  const Stories before{{"the cat saw the dog"}, 1.5};
  CHECK(multilayer::detail::is_readable(before, {{}, 2.4}, change));
  CHECK_FALSE(multilayer::detail::is_readable(before, {{}, 2.6}, change));
  CHECK_FALSE(multilayer::detail::is_readable(before, {{}, 1.5},
                                              word_change("the cat saw the dog", "dog dog dog dog dog dog")));

  const RandomHost random;
  const Index layer = 1;
  const auto sae = parsae::test::random_model(parsae::TopK<float>({.k = 3}), 16, 200);
  const Matrix<float>& samples = random.held_out.streams.layers[layer];
  LatentActivations activations(200);
  parsae::Buffer<std::int64_t> tokens(samples.cols());
  for (Index i = 0; i < tokens.size(); ++i) tokens[i] = i;
  activations.add(sae.encode(samples), parsae::Buffer<std::int32_t>(samples.cols(), 1).slice(), tokens.slice());
  const auto file = random.folder.path() / "v.gguf";
  const SteeredText steered = steer(random.host, sae, layer, activations, file, 1, parsae::Threads(2), go_on);
  if (!steered.is_known()) return;  // syllables may be too short for words
  CHECK(steered.file_matches);
  CHECK(read_control_vector(file).directions.size() == 1);
  CHECK(steered.added.texts.size() == steered.before.texts.size());
  CHECK_FALSE(steered.clamped.texts == steered.before.texts);
}

TEST_CASE("activations by latent: the strongest layer of each token, and the texts around the strongest tokens") {
  LatentActivations activations(3);
  const parsae::SparseCode<float> code = [] {
    parsae::SparseCode<float> made;  // token 4: latent 1 at layer 0 with 2 and at layer 1 with 5; token 5: latent 1, 2
    made.resize_entries(4);
    made.offsets = parsae::Buffer<Index>();
    for (const Index offset : {0, 1, 2, 4}) made.offsets.push_back(offset);
    const Index latents[] = {1, 1, 1, 2};
    const float values[] = {2, 5, 1, 3};
    for (Index e = 0; e < 4; ++e) {
      made.latents[e] = static_cast<parsae::LatentId>(latents[e]);
      made.values[e] = values[e];
    }
    return made;
  }();
  parsae::Buffer<std::int32_t> layers;
  parsae::Buffer<std::int64_t> samples;
  for (const std::int32_t layer : {0, 1, 0}) layers.push_back(layer);
  for (const std::int64_t sample : {4, 4, 5}) samples.push_back(sample);
  activations.add(code, layers.slice(), samples.slice());
  REQUIRE(activations.of(1).size() == 2);
  CHECK(activations.of(1)[0].layer == 1);
  CHECK(activations.of(1)[0].value == 5);
  CHECK(activations.of(0).empty());
  CHECK(activations.n_tokens() == 6);
  CHECK_THAT(activations.density(1), WithinAbs(2.0 / 6, 1e-12));
  CHECK(activations.strongest(1, 1)[0].sample == 4);
  CHECK_THAT(activations.top_value(1), WithinAbs(3, 1e-12));
  CHECK(telling_latents(activations, {0, 1, 2}, 2).empty());  // too rare to tell anything

  const RandomHost random;
  LatentActivations one(1);
  parsae::SparseCode<float> at_7;
  at_7.offsets.push_back(1);
  at_7.resize_entries(1);
  at_7.latents[0] = 0;
  at_7.values[0] = 2;
  parsae::Buffer<std::int64_t> sample(1, 7);
  one.add(at_7, parsae::Buffer<std::int32_t>(1, 2).slice(), sample.slice());
  const LatentInContext shown = latent_in_context(random.host, random.held_out.text, random.held_out.streams, one, 0,
                                                  parsae::Vector<double>::Constant(4, 0.25));
  REQUIRE(shown.snippets.size() == 1);
  const Snippet& snippet = shown.snippets.front();
  const Index place = random.held_out.streams.token_of_sample[7];
  CHECK(snippet.tokens[snippet.peak].text == shown_token(random.host.tokenizer, random.held_out.text.tokens[place]));
  CHECK(snippet.tokens[snippet.peak].strength == 1);
  CHECK(snippet.tokens[snippet.peak].layer == 2);
  CHECK(shown.top_token_share == 1);
  CHECK(shown.layers.size() == 4);
}

TEST_CASE("telling latents are neither rare nor dense, those that reach most first") {
  // 1000 tokens. Latents 0 and 1 are active in 12 of them, 2 in 11, 3 in 21, 4 in 20.
  parsae::SparseCode<float> code;
  parsae::Buffer<std::int64_t> tokens;
  for (Index token = 0; token < 1000; ++token) {
    const auto add = [&](parsae::LatentId latent, Index n_tokens, float value) {
      if (token >= n_tokens) return;
      code.latents.push_back(latent);
      code.values.push_back(value);
      code.pre_acts.push_back(value);
    };
    add(0, 12, static_cast<float>(token + 1));
    add(1, 12, 20);
    add(2, 11, 30);
    add(3, 21, 40);
    add(4, 20, 0.5f);
    code.offsets.push_back(code.stored());
    tokens.push_back(token);
  }
  LatentActivations activations(5);
  activations.add(code, parsae::Buffer<std::int32_t>(1000, 0).slice(), tokens.slice());
  CHECK_THAT(activations.top_value(0), WithinAbs(7.5, 1e-12));  // 12 to 3
  CHECK(telling_latents(activations, {0, 1, 2, 3, 4}, 9) == std::vector<Index>{1, 0, 4});
  CHECK(telling_latents(activations, {0, 1, 2, 3, 4}, 2) == std::vector<Index>{1, 0});
  CHECK(telling_latents(activations, {4, 2}, 9) == std::vector<Index>{4});
}

}  // namespace multilayer_host_test
