// SPDX-License-Identifier: MIT
#include <parsae/data/layered_source.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/data/split_layers.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace split_layers_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A MatrixSource that can say what it begins with.
struct Tokens : MatrixSource<float> {
  using MatrixSource::MatrixSource;
  Matrix<float> start;
  [[nodiscard]] Matrix<float> first_samples(Index n) const { return start.leftCols(n); }
};

using Split = SplitLayers<Tokens>;

}  // namespace

static_assert(BatchSource<Split, float>);

TEST_CASE("tokens with all layers in one column give the batches of LayeredSource") {
  const Matrix<float> rows = test::random_matrix<float>(15, 20, 1);  // three layers of five entries
  std::vector<LayeredSamples<float>::Layer> layers;
  for (Index layer = 0; layer < 3; ++layer)
    layers.emplace_back(rows.data() + 5 * layer, 5, 20, Eigen::OuterStride<>(15));
  const LayeredSamples<float> samples(layers);
  const LayerTransform<float> transform(Standardization<float>::per_layer(samples));

  LayeredSource<float> expected_source(samples, transform, {.tokens_per_batch = 6, .epochs = 2, .seed = 4});
  Tokens tokens(rows, {.batch_size = 6, .epochs = 2, .seed = 4});
  Split split(tokens, {.n_layers = 3}, transform);
  CHECK(split.n_inputs() == 5);
  CHECK(split.n_layers() == 3);
  Batch<float> expected;
  Batch<float> batch;
  batch.targets = Matrix<float>::Ones(2, 2);
  batch.weight.assign(7, 2.0f);
  int n_batches = 0;
  while (expected_source.next(expected)) {
    REQUIRE(split.next(batch));
    CHECK(batch.inputs == expected.inputs);
    CHECK(batch.group == expected.group);
    CHECK(batch.sample_id == expected.sample_id);
    CHECK(batch.targets.size() == 0);
    CHECK(batch.weight.empty());
    Matrix<float> recon = batch.inputs;
    split.restore(batch, recon);
    Matrix<float> expected_recon = expected.inputs;
    expected_source.restore(expected, expected_recon);
    CHECK(recon == expected_recon);
    ++n_batches;
  }
  CHECK(n_batches == 7);
  CHECK(!split.next(batch));

  split.seek({1, 13});
  CHECK(split.position() == SourcePosition{1, 13});
  REQUIRE(split.next(batch));
  expected_source.seek({1, 39});
  REQUIRE(expected_source.next(expected));
  CHECK(batch.inputs == expected.inputs);

  tokens.start = rows;
  LayeredSource<float> in_order(samples, transform, {.order = LayeredSource<float>::Order::Sequential});
  CHECK(split.first_samples(4) == in_order.first_samples(4));
}

TEST_CASE("tokens without numbers stay without") {
  struct Nameless {
    using Scalar = float;
    [[nodiscard]] Index n_inputs() const { return 4; }
    bool next(Batch<float>& batch) {
      batch.inputs = Matrix<float>::Ones(4, 3);
      batch.sample_id.assign(n_ids, 7);
      return true;
    }
    [[nodiscard]] SourcePosition position() const { return {}; }
    void seek(const SourcePosition&) {}
    Index n_ids = 0;
  };
  Nameless tokens;
  SplitLayers<Nameless> split(tokens, {.n_layers = 2}, Standardization<float>::none());
  Batch<float> batch;
  batch.sample_id.assign(9, 1);
  REQUIRE(split.next(batch));
  CHECK(batch.inputs.cols() == 6);
  CHECK(batch.sample_id.empty());
  tokens.n_ids = 2;
  CHECK_THROWS_WITH(split.next(batch), ContainsSubstring("SplitLayers sample_id"));
}

TEST_CASE("SplitLayers refuses what cannot be split") {
  const Matrix<float> rows = test::random_matrix<float>(15, 4, 1);
  Tokens tokens(rows, {.batch_size = 2});
  CHECK_THROWS_WITH(Split(tokens, {.n_layers = 0}), ContainsSubstring("SplitLayers n_layers: expected at least 1"));
  CHECK_THROWS_WITH(Split(tokens, {.n_layers = 4}),
                    ContainsSubstring("SplitLayers n_layers: expected a divisor of the 15 entries of a token, got 4"));
  const std::vector<Lens<float>> lenses{Lens<float>("a", Matrix<float>::Zero(5, 5), Vector<float>::Zero(5))};
  CHECK_THROWS_WITH(Split(tokens, {.n_layers = 3}, LayerTransform<float>(lenses, Standardization<float>::none())),
                    ContainsSubstring("SplitLayers lenses"));
  Split split(tokens, {.n_layers = 3});
  Batch<float> batch;
  REQUIRE(split.next(batch));
  Matrix<float> recon = batch.inputs.leftCols(1);
  CHECK_THROWS_WITH(split.restore(batch, recon), ContainsSubstring("SplitLayers recon"));
}

}  // namespace split_layers_test
