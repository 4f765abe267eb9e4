// SPDX-License-Identifier: MIT
#include <parsae/analysis/layer_metrics.hpp>

#include <analysis/layered_fixture.hpp>
#include <support/close_to.hpp>

namespace layer_metrics_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Those columns of a matrix, and samples of a code, that belong to one layer.
std::vector<Index> samples_of(const Buffer<std::int32_t>& layers, std::int32_t layer) {
  std::vector<Index> samples;
  for (Index i = 0; i < layers.size(); ++i)
    if (layers[i] == layer) samples.push_back(i);
  return samples;
}

Matrix<float> columns(const Matrix<float>& matrix, const std::vector<Index>& samples) {
  Matrix<float> result(matrix.rows(), static_cast<Index>(samples.size()));
  for (Index i = 0; i < result.cols(); ++i) result.col(i) = matrix.col(samples[static_cast<std::size_t>(i)]);
  return result;
}

}  // namespace

TEST_CASE("each layer has the FVU and L0 of its own samples, in pieces and at once") {
  const test::LayeredCode batch = test::random_layered_code(6, 3, 20, 1);
  Matrix<float> targets = test::random_matrix<float>(4, 60, 2);
  Matrix<float> recon = targets + 0.3f * test::random_matrix<float>(4, 60, 3);
  for (Index i = 0; i < 60; ++i) {  // layers unlike each other
    const float scale = static_cast<float>(1 + 3 * batch.layers[i]);
    targets.col(i) = (targets.col(i) * scale).array() + 10 * scale;
    recon.col(i) = recon.col(i).array() + 10 * scale;
  }
  LayerMetrics at_once(3);
  at_once.add<float>(targets, recon, batch.code, batch.layers.slice());
  LayerMetrics in_pieces(3);
  for (Index i = 0; i < 60; i += 7) {
    const Index count = std::min<Index>(7, 60 - i);
    const test::LayeredCode part = batch.part(i, count);
    in_pieces.add<float>(targets.middleCols(i, count), recon.middleCols(i, count), part.code, part.layers.slice());
  }
  double sum = 0;
  for (std::int32_t layer = 0; layer < 3; ++layer) {
    const std::vector<Index> samples = samples_of(batch.layers, layer);
    ReconstructionMetrics expected;
    expected.add<float>(columns(targets, samples), columns(recon, samples));
    const auto active = static_cast<double>(test::picked(batch.code, samples).active_count());
    for (const LayerMetrics* metrics : {&at_once, &in_pieces}) {
      CHECK(metrics->n_samples(layer) == 20);
      CHECK(metrics->fvu(layer) == expected.fvu());
      CHECK(metrics->mean_squared_error(layer) == expected.mean_squared_error());
      CHECK(metrics->l0(layer) == active / 20);
    }
    sum += expected.fvu();
  }
  CHECK(at_once.fvu(2) > 2 * at_once.fvu(0));
  CHECK_THAT(at_once.mean_fvu(), test::close_to(sum / 3, 1e-14));
}

TEST_CASE("LayerMetrics before the first sample, and what it refuses") {
  LayerMetrics metrics(2);
  CHECK(metrics.n_layers() == 2);
  CHECK(metrics.n_samples(1) == 0);
  CHECK(std::isnan(metrics.fvu(1)));
  const Matrix<float> x = Matrix<float>::Ones(3, 2);
  const SparseCode<double> code = test::code_from({{{0, 1.0}}, {}});
  Buffer<std::int32_t> layers(2, 0);
  CHECK_THROWS_WITH(metrics.add<float>(x, x.leftCols(1), code, layers.slice()),
                    ContainsSubstring("LayerMetrics recon"));
  CHECK_THROWS_WITH(metrics.add<float>(x.leftCols(1), x.leftCols(1), code, layers.slice()),
                    ContainsSubstring("LayerMetrics code"));
  CHECK_THROWS_WITH(metrics.add<float>(x, x, code, layers.slice().part(0, 1)),
                    ContainsSubstring("LayerMetrics layers"));
  layers[1] = 2;
  CHECK_THROWS_WITH(metrics.add<float>(x, x, code, layers.slice()),
                    ContainsSubstring("LayerMetrics layer: expected a value from 0 to 1, got 2"));
  CHECK(metrics.n_samples(0) == 0);
  CHECK_THROWS_WITH(LayerMetrics(0), ContainsSubstring("LayerMetrics n_layers"));
}

}  // namespace layer_metrics_test
