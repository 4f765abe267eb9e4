// SPDX-License-Identifier: MIT
#include <parsae/analysis/adjacent_layer_cosine.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <vector>

namespace adjacent_layer_cosine_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Stream {
  std::vector<Matrix<float>> layers;
  Matrix<double> means;
  Matrix<float> samples;  // whole tokens, layers in descending order
  Buffer<std::int32_t> layer;
  Buffer<std::int64_t> token;
};

Stream stream_with_large_means(Index n_layers, Index n_tokens) {
  constexpr Index d = 5;
  Stream stream;
  stream.means.resize(d, n_layers);
  stream.samples.resize(d, n_layers * n_tokens);
  Matrix<float> x = Matrix<float>::Zero(d, n_tokens);
  for (Index l = 0; l < n_layers; ++l) {
    x += test::random_matrix<float>(d, n_tokens, static_cast<std::uint64_t>(l));
    stream.layers.push_back(x);
    stream.layers.back().row(0).array() += 100;
    stream.means.col(l) = stream.layers.back().cast<double>().rowwise().mean();
  }
  for (Index i = 0; i < n_layers * n_tokens; ++i) {
    const Index l = n_layers - 1 - i % n_layers;
    stream.samples.col(i) = stream.layers[static_cast<std::size_t>(l)].col(i / n_layers);
    stream.layer.push_back(static_cast<std::int32_t>(l));
    stream.token.push_back(i / n_layers);
  }
  return stream;
}

}  // namespace

TEST_CASE("cosines of centered neighbors agree with a plain loop, in pieces and at once") {
  const Stream stream = stream_with_large_means(4, 30);
  AdjacentLayerCosine at_once(stream.means);
  at_once.add<float>(stream.samples, stream.layer.slice(), stream.token.slice());
  AdjacentLayerCosine in_pieces(stream.means);
  for (Index i = 0; i < 120; i += 28) {
    const Index count = std::min<Index>(28, 120 - i);
    in_pieces.add<float>(stream.samples.middleCols(i, count), stream.layer.slice().part(i, count),
                         stream.token.slice().part(i, count));
  }
  CHECK(at_once.n_tokens() == 30);
  double all = 0;
  for (Index l = 0; l + 1 < 4; ++l) {
    double sum = 0;
    for (Index t = 0; t < 30; ++t) {
      const Vector<double> a = stream.layers[static_cast<std::size_t>(l)].col(t).cast<double>() - stream.means.col(l);
      const Vector<double> b =
          stream.layers[static_cast<std::size_t>(l + 1)].col(t).cast<double>() - stream.means.col(l + 1);
      sum += a.dot(b) / (a.norm() * b.norm());
    }
    CHECK_THAT(at_once.cosine(l), test::close_to(sum / 30, 1e-12));
    CHECK(in_pieces.cosine(l) == at_once.cosine(l));
    CHECK(at_once.cosine(l) < 0.95);  // without centering it would be above .99
    all += sum / 30;
  }
  CHECK(at_once.cosine(2) > at_once.cosine(0));  // later layers add less to what is there
  CHECK_THAT(at_once.mean_cosine(), test::close_to(all / 3, 1e-12));
  for (Index l = 0; l < 4; ++l)
    CHECK_THAT(
        at_once.norm(l),
        test::close_to(stream.layers[static_cast<std::size_t>(l)].cast<double>().colwise().norm().mean(), 1e-12));
}

TEST_CASE("a sample that equals its layer's mean counts 0; equal layers have the cosine 1, opposite ones -1") {
  Matrix<double> means = Matrix<double>::Zero(2, 3);
  means.col(0) << 1, 1;
  AdjacentLayerCosine cosine(means);
  Matrix<double> samples(2, 6);
  samples << 3, 2, -2, 1, 5, 5,  //
      1, 0, 0, 1, 7, 7;
  Buffer<std::int32_t> layers;
  Buffer<std::int64_t> tokens;
  for (const std::int32_t layer : {0, 1, 2, 0, 1, 2}) layers.push_back(layer);
  for (const std::int64_t token : {0, 0, 0, 1, 1, 1}) tokens.push_back(token);
  cosine.add<double>(samples, layers.slice(), tokens.slice());
  CHECK_THAT(cosine.cosine(0), test::close_to(0.5, 1e-15));  // 1, and 0 for (1, 1)
  CHECK_THAT(cosine.cosine(1), test::close_to(0, 1e-15));    // -1 and 1
}

TEST_CASE("AdjacentLayerCosine refuses tokens that are torn apart, and layers that have no neighbor") {
  const Stream stream = stream_with_large_means(3, 2);
  AdjacentLayerCosine cosine(stream.means);
  CHECK_THROWS_WITH(
      cosine.add<float>(stream.samples.leftCols(4), stream.layer.slice().part(0, 4), stream.token.slice().part(0, 4)),
      ContainsSubstring("AdjacentLayerCosine samples"));
  CHECK_THROWS_WITH(cosine.add<float>(stream.samples.topRows(2), stream.layer.slice(), stream.token.slice()),
                    ContainsSubstring("AdjacentLayerCosine samples: expected a 5 x 6"));
  CHECK_THROWS_WITH(cosine.cosine(2), ContainsSubstring("AdjacentLayerCosine layer"));
  CHECK_THROWS_WITH(cosine.norm(3), ContainsSubstring("AdjacentLayerCosine layer"));
  CHECK(std::isnan(cosine.cosine(0)));
  Matrix<double> means = stream.means;
  means(0, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(AdjacentLayerCosine(means), ContainsSubstring("AdjacentLayerCosine means"));
  CHECK_THROWS_WITH(AdjacentLayerCosine(Matrix<double>(3, 0)), ContainsSubstring("AdjacentLayerCosine layers"));
}

}  // namespace adjacent_layer_cosine_test
