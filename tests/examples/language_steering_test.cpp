// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/top_k.hpp>

#include <examples/language_fixture.hpp>
#include <language/generate.hpp>
#include <language/latent_steering.hpp>
#include <support/random_model.hpp>

#include <limits>
#include <stdexcept>

namespace language_steering_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;

namespace {

parsae::Autoencoder<parsae::TopK<float>> random_sae() {
  auto sae = parsae::test::random_model(parsae::TopK<float>({.k = 5}), 16, 40);
  sae.input_scale = sae.output_scale = 0.25F;
  return sae;
}

Matrix<float> steered(const StreamHook& hook, Index layer, const Matrix<float>& stream) {
  Matrix<float> changed = stream;
  hook(layer, changed);
  return changed;
}

float activation_of(const parsae::SparseCode<float>& code, Index sample, Index latent) {
  for (Index e = code.begin_of(sample); e < code.begin_of(sample + 1); ++e)
    if (code.latents[e] == latent) return code.values[e];
  return 0;
}

}  // namespace

TEST_CASE("an added latent moves every reconstruction by what its activation would") {
  const auto sae = random_sae();
  const Vector<float> direction = latent_direction(sae, 7);
  parsae::SparseCode<float> code;  // latent 7 alone, with activation 3, and nothing
  code.offsets.push_back(1);
  code.offsets.push_back(1);
  code.resize_entries(1);
  code.latents[0] = 7;
  code.values[0] = 3;
  const Matrix<float> decoded = sae.decode(code);
  CHECK((decoded.col(0) - decoded.col(1) - 3 * direction).norm() < 1e-4F);

  const Matrix<float> stream = parsae::test::random_matrix<float>(16, 9, 5);
  const StreamHook hook = add_direction(2, direction, -1.5);
  const Matrix<float> expected = stream.colwise() + Vector<float>(-1.5F * direction);
  CHECK(steered(hook, 2, stream) == expected);
  CHECK(steered(hook, 1, stream) == stream);
}

TEST_CASE("a clamped latent changes the stream along its direction, by what is missing to the value") {
  const auto sae = random_sae();
  const Matrix<float> stream = 4 * parsae::test::random_matrix<float>(16, 50, 6);
  const parsae::SparseCode<float> code = sae.encode(stream);
  Index n_active = 0;
  for (const float value : {0.0F, 2.5F}) {
    const Matrix<float> changed = steered(clamp_latent(1, sae, 3, value), 1, stream);
    for (Index i = 0; i < 50; ++i) {
      const float before = activation_of(code, i, 3);
      n_active += before > 0 ? 1 : 0;
      const Vector<float> expected = stream.col(i) + (value - before) * sae.decoder.w_dec.col(3) / 0.25F;
      CHECK((changed.col(i) - expected).norm() < 1e-4F * (1 + expected.norm()));
      if (value == 0 && before == 0) CHECK(changed.col(i) == stream.col(i));
    }
    CHECK(steered(clamp_latent(1, sae, 3, value), 0, stream) == stream);
  }
  CHECK(n_active > 4);
  CHECK(n_active < 100);
}

TEST_CASE("steering reaches what is written, the same on any threads") {
  const TinyCheckpoint checkpoint;
  const Llama model(*checkpoint);
  const auto sae = random_sae();
  GenerateSettings settings;
  settings.n_sequences = 30;
  settings.most_tokens = 25;
  settings.threads = parsae::Threads(1);
  const TokenCorpus plain = generate(model, settings);
  const StreamHook hook = clamp_latent(1, sae, 3, 30);
  const TokenCorpus changed = generate(model, settings, hook);
  CHECK_FALSE(changed == plain);
  settings.threads = parsae::Threads(2);
  CHECK(generate(model, settings, hook) == changed);
  CHECK(generate(model, settings, add_direction(1, latent_direction(sae, 3), 0)) == plain);
}

TEST_CASE("latents, widths and strengths that do not fit are refused") {
  const auto sae = random_sae();
  const Matrix<float> stream = Matrix<float>::Zero(15, 2);
  CHECK_THROWS_WITH(latent_direction(sae, 40), ContainsSubstring("steering latent"));
  CHECK_THROWS_WITH(clamp_latent(0, sae, -1, 1), ContainsSubstring("steering latent"));
  CHECK_THROWS_WITH(clamp_latent(0, sae, 1, -1), ContainsSubstring("steering value"));
  CHECK_THROWS_WITH(add_direction(0, latent_direction(sae, 1), std::numeric_limits<double>::quiet_NaN()),
                    ContainsSubstring("steering strength"));
  CHECK_THROWS_AS(steered(add_direction(0, latent_direction(sae, 1), 1), 0, stream), std::invalid_argument);
  CHECK_THROWS_AS(steered(clamp_latent(0, sae, 1, 1), 0, stream), std::invalid_argument);
}

}  // namespace language_steering_test
