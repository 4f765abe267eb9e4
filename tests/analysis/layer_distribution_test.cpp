// SPDX-License-Identifier: MIT
#include <parsae/analysis/layer_distribution.hpp>
#include <parsae/analysis/layer_variance.hpp>

#include <analysis/layered_fixture.hpp>
#include <support/close_to.hpp>

namespace layer_distribution_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a worked distribution: mean, spread, entropy and effective layers") {
  LayerDistribution distribution(3, 4);
  Buffer<std::int32_t> layers;
  for (const std::int32_t layer : {3, 1, 1, 0}) layers.push_back(layer);
  distribution.add(test::code_from({{{0, 3.0}, {1, 2.0}}, {{0, 0.5}, {2, 0.0}}, {{0, 0.5}}, {}}), layers.slice());
  CHECK(distribution.n_layers() == 4);
  CHECK(distribution.n_latents() == 3);
  CHECK(distribution.probabilities(0) == Vector<double>{{0, 0.25, 0, 0.75}});
  const LatentLayers two = distribution.of(0);
  CHECK(two.mass == 4);
  CHECK(two.mean == 2.5);
  CHECK_THAT(two.deviation, test::close_to(std::sqrt(0.75), 1e-15));
  CHECK_THAT(two.entropy, test::close_to(-0.25 * std::log(0.25) - 0.75 * std::log(0.75), 1e-15));
  CHECK_THAT(two.effective_layers, test::close_to(std::exp(two.entropy), 1e-15));
  const LatentLayers one = distribution.of(1);
  CHECK(one.mean == 3);
  CHECK(one.deviation == 0);
  CHECK(one.entropy == 0);
  CHECK(one.effective_layers == 1);
  const LatentLayers none = distribution.of(2);
  CHECK(none.mass == 0);
  CHECK(std::isnan(none.mean));
  CHECK(std::isnan(none.effective_layers));
  CHECK(distribution.by_mean_layer().size() == 2);
  CHECK(distribution.by_mean_layer()[0] == 0);
  CHECK(distribution.by_mean_layer()[1] == 1);
}

TEST_CASE("a latent that is at all layers alike has them all in effect") {
  LayerDistribution distribution(1, 5);
  Buffer<std::int32_t> layers;
  for (std::int32_t layer = 0; layer < 5; ++layer) layers.push_back(layer);
  distribution.add(test::code_from({{{0, 2.0}}, {{0, 2.0}}, {{0, 2.0}}, {{0, 2.0}}, {{0, 2.0}}}), layers.slice());
  CHECK_THAT(distribution.of(0).effective_layers, test::close_to(5, 1e-14));
  CHECK_THAT(distribution.of(0).entropy, test::close_to(std::log(5.0), 1e-14));
  CHECK_THAT(distribution.of(0).deviation, test::close_to(std::sqrt(2.0), 1e-14));
}

TEST_CASE("masses agree with a dense sum, in pieces and at once, and moments with LayerVariance") {
  const test::LayeredCode whole = test::random_layered_code(8, 5, 30, 4);
  LayerDistribution at_once(8, 5);
  at_once.add(whole.code, whole.layers.slice());
  LayerDistribution in_pieces(8, 5);
  for (Index i = 0; i < 150; i += 7) {  // between samples of one token, too
    const test::LayeredCode part = whole.part(i, std::min<Index>(7, 150 - i));
    in_pieces.add(part.code, part.layers.slice());
  }
  CHECK(in_pieces.masses() == at_once.masses());

  const Matrix<double> values = test::dense(whole.code, 8);
  Matrix<double> expected = Matrix<double>::Zero(5, 8);
  for (Index i = 0; i < 150; ++i) expected.row(whole.layers[i]) += values.col(i).transpose();
  CHECK((at_once.masses() - expected).cwiseAbs().maxCoeff() < 1e-13);

  LayerVariance variance(8, 5);
  variance.add(whole.code, whole.layers.slice(), whole.tokens.slice());
  double last = -1;
  for (const LatentId j : at_once.by_mean_layer()) {
    const LatentLayers latent = at_once.of(j);
    CHECK_THAT(latent.mean, test::close_to(variance.of(j).mean_layer, 1e-13));
    CHECK_THAT(latent.deviation * latent.deviation, test::close_to(variance.of(j).aggregated(), 1e-12));
    CHECK(latent.mean >= last);
    CHECK(latent.mean == at_once.mean_layers()(j));
    last = latent.mean;
  }
}

TEST_CASE("LayerDistribution refuses what has no place in it, and keeps nothing of it") {
  LayerDistribution distribution(3, 2);
  const test::LayeredCode batch = test::random_layered_code(3, 2, 5, 1);
  Buffer<std::int32_t> layers = batch.layers;
  layers[9] = 2;
  CHECK_THROWS_WITH(distribution.add(batch.code, layers.slice()),
                    ContainsSubstring("LayerDistribution layer: expected a value from 0 to 1, got 2"));
  CHECK_THROWS_WITH(distribution.add(batch.code, layers.slice().part(0, 4)),
                    ContainsSubstring("LayerDistribution layers"));
  CHECK_THROWS_WITH(distribution.add(test::code_from({{{3, 1.0}}}), batch.layers.slice().part(0, 1)),
                    ContainsSubstring("LayerDistribution latent"));
  CHECK_THROWS_WITH(distribution.add(test::code_from({{{0, 1.0}, {1, -1.0}}}), batch.layers.slice().part(0, 1)),
                    ContainsSubstring("LayerDistribution value"));
  CHECK(distribution.masses() == Matrix<double>::Zero(2, 3));
  CHECK_THROWS_WITH(LayerDistribution(0, 2), ContainsSubstring("LayerDistribution n_latents"));
  CHECK_THROWS_WITH(LayerDistribution(2, 0), ContainsSubstring("LayerDistribution n_layers"));
}

}  // namespace layer_distribution_test
