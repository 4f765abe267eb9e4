// SPDX-License-Identifier: MIT
#include <parsae/data/layered_source.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <numeric>

namespace layered_source_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Source = LayeredSource<float>;

static_assert(BatchSource<Source, float>);

namespace {

std::vector<Matrix<float>> three_layers(Index n_inputs, Index n_tokens) {
  std::vector<Matrix<float>> layers;
  for (std::uint64_t layer = 0; layer < 3; ++layer)
    layers.push_back(test::random_matrix<float>(n_inputs, n_tokens, layer));
  return layers;
}

std::vector<std::int64_t> next_tokens(Source& source, Index n_batches) {
  std::vector<std::int64_t> tokens;
  Batch<float> batch;
  for (Index b = 0; b < n_batches && source.next(batch); ++b)
    for (Index i = 0; i < batch.sample_id.size(); i += source.n_layers()) tokens.push_back(batch.sample_id[i]);
  return tokens;
}

}  // namespace

TEST_CASE("all layers of a token lie side by side, each token once a pass") {
  const std::vector<Matrix<float>> layers = three_layers(4, 10);
  Source source(LayeredSamples<float>(layers), {.tokens_per_batch = 4, .seed = 5});
  CHECK(source.n_inputs() == 4);
  CHECK(source.n_layers() == 3);
  CHECK(source.n_tokens() == 10);
  Batch<float> batch;
  batch.targets = Matrix<float>::Ones(2, 2);
  batch.weight.assign(7, 2.0f);
  std::vector<std::int64_t> tokens;
  for (int b = 0; b < 5; ++b) {
    REQUIRE(source.next(batch));
    REQUIRE(batch.inputs.cols() == 12);
    REQUIRE(batch.group.size() == 12);
    REQUIRE(batch.sample_id.size() == 12);
    CHECK(batch.targets.size() == 0);
    CHECK(batch.weight.empty());
    for (Index i = 0; i < 12; ++i) {
      CHECK(batch.group[i] == i % 3);
      CHECK(batch.sample_id[i] == batch.sample_id[i - i % 3]);
      CHECK(batch.inputs.col(i) == layers[static_cast<std::size_t>(i % 3)].col(batch.sample_id[i]));
    }
    for (Index i = 0; i < 12; i += 3) tokens.push_back(batch.sample_id[i]);
  }
  std::vector<std::int64_t> all(10);
  std::iota(all.begin(), all.end(), std::int64_t{0});
  CHECK(std::is_permutation(all.begin(), all.end(), tokens.begin()));
  CHECK(std::is_permutation(all.begin(), all.end(), tokens.begin() + 10));
  CHECK(!std::equal(all.begin(), all.end(), tokens.begin()));
  CHECK(!std::equal(tokens.begin(), tokens.begin() + 10, tokens.begin() + 10));
  CHECK(source.position() == SourcePosition{2, 0});
}

TEST_CASE("LayeredSource ends after its passes, the last batch as short as it is") {
  const std::vector<Matrix<float>> layers = three_layers(2, 5);
  Source source(LayeredSamples<float>(layers),
                {.tokens_per_batch = 4, .epochs = 2, .order = Source::Order::Sequential});
  CHECK(next_tokens(source, 100) == std::vector<std::int64_t>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4});
  Batch<float> batch;
  CHECK(!source.next(batch));
  source.seek({1, 12});
  REQUIRE(source.next(batch));
  CHECK(batch.inputs.cols() == 3);
  CHECK(batch.sample_id[0] == 4);
}

TEST_CASE("LayeredSource goes on from any position with the same bits") {
  const std::vector<Matrix<float>> layers = three_layers(6, 11);
  const Source::Settings settings{.tokens_per_batch = 4, .seed = 9};
  Source whole(LayeredSamples<float>(layers), Standardization<float>::per_vector(), settings);
  next_tokens(whole, 7);
  CHECK(whole.position() == SourcePosition{2, 18});  // 28 tokens: six into the third pass, three samples each
  Source resumed(LayeredSamples<float>(layers), Standardization<float>::per_vector(), settings);
  resumed.seek(whole.position());
  Batch<float> expected;
  Batch<float> batch;
  for (int b = 0; b < 4; ++b) {
    REQUIRE(whole.next(expected));
    REQUIRE(resumed.next(batch));
    CHECK(batch.inputs == expected.inputs);
    CHECK(batch.sample_id == expected.sample_id);
    CHECK(batch.group == expected.group);
  }
  CHECK(whole.position() == resumed.position());
}

TEST_CASE("batches are transformed, and reconstructions of the last one brought back") {
  const std::vector<Matrix<float>> layers = three_layers(6, 20);
  const LayeredSamples<float> samples(layers);
  std::vector<Lens<float>> lenses;
  for (std::uint64_t layer = 0; layer < 3; ++layer)
    lenses.emplace_back("lens", 0.1f * test::random_matrix<float>(6, 6, 40 + layer),
                        test::random_vector<float>(6, 50 + layer));
  for (const auto& standardization : {Standardization<float>::none(), Standardization<float>::per_vector(),
                                      Standardization<float>::per_layer(samples, lenses)}) {
    const LayerTransform<float> transform(lenses, standardization);
    Source source(samples, transform, {.tokens_per_batch = 8, .seed = 2});
    Batch<float> batch;
    for (int b = 0; b < 3; ++b) {
      REQUIRE(source.next(batch));
      Matrix<float> raw(6, batch.inputs.cols());
      for (Index i = 0; i < raw.cols(); ++i)
        raw.col(i) = layers[static_cast<std::size_t>(batch.group[i])].col(batch.sample_id[i]);
      Matrix<float> expected = raw;
      LayerTransform<float>::Record record;
      transform.apply(expected, batch.group.slice(), record);
      CHECK(batch.inputs == expected);
      Matrix<float> recon = batch.inputs;
      source.restore(batch, recon);
      CHECK((recon - raw).cwiseAbs().maxCoeff() < 1e-5f);
    }
  }
}

TEST_CASE("the first samples are those of the first batches, and move nothing") {
  const std::vector<Matrix<float>> layers = three_layers(6, 9);
  Source source(LayeredSamples<float>(layers), Standardization<float>::per_vector(),
                {.tokens_per_batch = 4, .seed = 3});
  Batch<float> batch;
  REQUIRE(source.next(batch));
  const Matrix<float> first = batch.inputs;
  CHECK(source.first_samples(4) == first);
  CHECK(source.first_samples(2) == first.leftCols(6));
  CHECK(source.first_samples(100).cols() == 27);
  CHECK(source.position() == SourcePosition{0, 12});
  Matrix<float> recon = first;
  source.restore(batch, recon);
  CHECK((recon.col(0) - layers[0].col(batch.sample_id[0])).norm() < 1e-5f);
}

TEST_CASE("LayeredSource refuses what means nothing") {
  const std::vector<Matrix<float>> layers = three_layers(2, 5);
  const LayeredSamples<float> samples(layers);
  CHECK_THROWS_WITH(Source(samples, {.tokens_per_batch = 0}), ContainsSubstring("LayeredSource tokens_per_batch"));
  CHECK_THROWS_WITH(Source(samples, {.epochs = -1}), ContainsSubstring("LayeredSource epochs"));
  Source source(samples, {});
  CHECK_THROWS_WITH(source.seek({0, 4}), ContainsSubstring("LayeredSource position sample: expected a multiple of 3"));
  CHECK_THROWS_WITH(source.seek({0, 15}), ContainsSubstring("LayeredSource position sample"));
  CHECK_THROWS_WITH(source.first_samples(0), ContainsSubstring("LayeredSource first tokens"));
  Batch<float> batch;
  REQUIRE(source.next(batch));
  Matrix<float> recon = batch.inputs.leftCols(3);
  CHECK_THROWS_WITH(source.restore(batch, recon), ContainsSubstring("LayeredSource recon"));
  const std::vector<Lens<float>> one_lens{Lens<float>("a", Matrix<float>::Zero(2, 2), Vector<float>::Zero(2))};
  CHECK_THROWS_WITH(Source(samples, LayerTransform<float>(one_lens, Standardization<float>::none()), {}),
                    ContainsSubstring("LayeredSource lenses"));
}

}  // namespace layered_source_test
