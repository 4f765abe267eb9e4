// SPDX-License-Identifier: MIT
#include <parsae/analysis/layer_variance.hpp>
#include <parsae/analysis/permuted_layers.hpp>
#include <parsae/data/residual_stream.hpp>

#include <analysis/layered_fixture.hpp>
#include <support/close_to.hpp>

#include <limits>
#include <vector>

namespace layer_variance_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

void add(LayerVariance& variance, const test::LayeredCode& batch) {
  variance.add(batch.code, batch.layers.slice(), batch.tokens.slice());
}

/// The variance of the layers 0, 1, ... under weights that need not sum to 1.
double layer_variance(const Vector<double>& weights) {
  const Vector<double> l = Vector<double>::LinSpaced(weights.size(), 0, static_cast<double>(weights.size() - 1));
  const Vector<double> p = weights / weights.sum();
  return p.dot(l.cwiseAbs2()) - p.dot(l) * p.dot(l);
}

/// z[j](l, t), every value of every latent, layer and token.
std::vector<Matrix<double>> enumerated(const test::LayeredCode& batch, Index n_latents, Index n_layers) {
  const Matrix<double> values = test::dense(batch.code, n_latents);
  std::vector<Matrix<double>> z(static_cast<std::size_t>(n_latents),
                                Matrix<double>::Zero(n_layers, values.cols() / n_layers));
  for (Index i = 0; i < values.cols(); ++i)
    for (Index j = 0; j < n_latents; ++j) z[static_cast<std::size_t>(j)](batch.layers[i], i / n_layers) = values(j, i);
  return z;
}

LayerVarianceSummary summary_of(const ResidualStream<double>& stream, Index n_directions) {
  LayerVariance variance(n_directions, static_cast<Index>(stream.layers.size()));
  variance.add(stream.truth, stream.layer.slice(), stream.token.slice());
  return variance.summary();
}

}  // namespace

TEST_CASE("the decomposition agrees with its definition over every latent, layer and token") {
  constexpr Index n_latents = 9;
  constexpr Index n_layers = 5;
  const test::LayeredCode batch = test::random_layered_code(n_latents, n_layers, 40, 1);
  REQUIRE(batch.code.active_count() < batch.code.stored());
  LayerVariance variance(n_latents, n_layers);
  add(variance, batch);
  CHECK(variance.n_tokens() == 40);

  double mass = 0;
  double token = 0;
  double aggregated = 0;
  Vector<double> all = Vector<double>::Zero(n_layers);
  const std::vector<Matrix<double>> z = enumerated(batch, n_latents, n_layers);
  for (Index j = 0; j < n_latents; ++j) {
    const Matrix<double>& zj = z[static_cast<std::size_t>(j)];
    double within = 0;
    for (Index t = 0; t < 40; ++t)
      if (zj.col(t).sum() > 0) within += zj.col(t).sum() / zj.sum() * layer_variance(zj.col(t));
    const double whole = layer_variance(zj.rowwise().sum());
    const LatentLayerVariance latent = variance.of(j);
    CHECK_THAT(latent.mass, test::close_to(zj.sum(), 1e-13));
    CHECK_THAT(latent.within_tokens, test::close_to(within, 1e-12));
    CHECK_THAT(latent.aggregated(), test::close_to(whole, 1e-12));
    CHECK_THAT(latent.between_tokens, test::close_to(whole - within, 1e-12));
    const Vector<double> l = Vector<double>::LinSpaced(n_layers, 0, n_layers - 1);
    CHECK_THAT(latent.mean_layer, test::close_to(zj.rowwise().sum().dot(l) / zj.sum(), 1e-13));
    mass += zj.sum();
    token += zj.sum() * within;
    aggregated += zj.sum() * whole;
    all += zj.rowwise().sum();
  }
  const LayerVarianceSummary summary = variance.summary();
  CHECK_THAT(summary.token, test::close_to(token / mass, 1e-12));
  CHECK_THAT(summary.aggregated, test::close_to(aggregated / mass, 1e-12));
  CHECK_THAT(summary.total, test::close_to(layer_variance(all), 1e-12));
  CHECK_THAT(summary.r_token(), test::close_to(token / aggregated, 1e-12));
  CHECK_THAT(summary.r_latent(), test::close_to(aggregated / mass / layer_variance(all), 1e-12));
}

TEST_CASE("a worked latent") {
  // Latent 0: token 1 at layers 0 and 2, equally; token 2 at layer 1 alone, twice as strongly in all.
  LayerVariance variance(2, 3);
  test::LayeredCode batch;
  batch.code = test::code_from({{{0, 1.0}}, {}, {{0, 1.0}}, {}, {{0, 4.0}}, {}});
  for (const std::int32_t layer : {0, 1, 2, 0, 1, 2}) batch.layers.push_back(layer);
  for (const std::int64_t token : {1, 1, 1, 2, 2, 2}) batch.tokens.push_back(token);
  add(variance, batch);
  CHECK(variance.of(0).mass == 6);
  CHECK(variance.of(0).mean_layer == 1);
  CHECK_THAT(variance.of(0).within_tokens, test::close_to(1.0 / 3, 1e-15));
  CHECK(variance.of(0).between_tokens == 0);
  CHECK(variance.of(1).mass == 0);
  CHECK(variance.of(1).aggregated() == 0);
  CHECK(variance.summary().r_token() == 1);
  CHECK(variance.summary().r_latent() == 1);
}

TEST_CASE("the tokens without a latent do not change its variance") {
  test::LayeredCode batch = test::random_layered_code(1, 6, 20, 3);
  LayerVariance dense(1, 6);
  add(dense, batch);
  LayerVariance rare(1, 6);
  add(rare, batch);
  test::LayeredCode silent = test::random_layered_code(1, 6, 500, 4);
  for (double& value : silent.code.values) value = 0;
  add(rare, silent);
  CHECK(rare.n_tokens() == 520);
  CHECK(rare.of(0).within_tokens == dense.of(0).within_tokens);
  CHECK(rare.of(0).between_tokens == dense.of(0).between_tokens);
  CHECK(rare.summary().total == dense.summary().total);
}

TEST_CASE("batches may end between any two tokens without a bit of difference") {
  const test::LayeredCode whole = test::random_layered_code(7, 4, 30, 2);
  LayerVariance at_once(7, 4);
  add(at_once, whole);
  for (const Index tokens_per_batch : {1, 3, 7, 29}) {
    LayerVariance in_pieces(7, 4);
    for (Index token = 0; token < 30; token += tokens_per_batch)
      add(in_pieces, whole.part(4 * token, 4 * std::min(tokens_per_batch, 30 - token)));
    for (Index j = 0; j < 7; ++j) {
      CHECK(in_pieces.of(j).within_tokens == at_once.of(j).within_tokens);
      CHECK(in_pieces.of(j).between_tokens == at_once.of(j).between_tokens);
    }
    CHECK(in_pieces.summary().total == at_once.summary().total);
  }
}

TEST_CASE("the truth without persistence: a token has a direction at one layer, all tokens together at all") {
  const auto stream = make_residual_stream<double>(
      {.n_inputs = 2, .n_directions = 30, .n_layers = 6, .n_tokens = 4000, .switch_on = {0.02}, .persistence = 0});
  const LayerVarianceSummary summary = summary_of(stream, 30);
  CHECK(std::abs(summary.token) < 1e-6);
  CHECK(std::abs(summary.r_token()) < 1e-6);
  // Layers are nearly uniform, (6^2 - 1) / 12 = 2.9167; 14,000 spells.
  CHECK_THAT(summary.aggregated, Catch::Matchers::WithinAbs(2.9167, 0.1));
  CHECK(summary.r_latent() > 0.99);

  // Permuted labels: still one layer at a time.
  LayerVariance permuted(30, 6);
  permuted.add(stream.truth, permuted_layers(stream.layer.slice(), stream.token.slice(), 6, 1).slice(),
               stream.token.slice());
  CHECK(std::abs(permuted.summary().token) < 1e-6);
}

TEST_CASE("the truth with full persistence from layer 0: a token has what all tokens have") {
  const auto stream = make_residual_stream<double>({.n_inputs = 2,
                                                    .n_directions = 30,
                                                    .n_layers = 6,
                                                    .n_tokens = 500,
                                                    .switch_on = {0.05, 0, 0, 0, 0, 0},
                                                    .persistence = 1});
  const LayerVarianceSummary summary = summary_of(stream, 30);
  CHECK_THAT(summary.token, Catch::Matchers::WithinAbs(35.0 / 12, 1e-6));
  CHECK_THAT(summary.aggregated, Catch::Matchers::WithinAbs(35.0 / 12, 1e-6));
  CHECK_THAT(summary.r_token(), Catch::Matchers::WithinAbs(1, 1e-6));
  CHECK_THAT(summary.r_latent(), Catch::Matchers::WithinAbs(1, 1e-6));
}

TEST_CASE("between the limits the truth has the variances of its spells' lengths") {
  constexpr Index n = 6;
  for (const double rho : {0.3, 0.7, 1.0}) {
    constexpr double p = 0.05;
    // Every spell: from layer s, m layers long. Its mass is proportional to m.
    double mass = 0;
    double token = 0;
    Vector<double> marginal = Vector<double>::Zero(n);
    for (Index s = 0; s < n; ++s) {
      for (Index m = 1; m <= n - s; ++m) {
        const double length = static_cast<double>(m);
        const double ends = s + m < n ? 1 - rho : 1;
        const double chance = p * std::pow(1 - p, s) * std::pow(rho, m - 1) * ends;
        mass += chance * length;
        token += chance * length * (length * length - 1) / 12;
        marginal.segment(s, m).array() += chance;
      }
    }
    const auto stream = make_residual_stream<double>(
        {.n_inputs = 2, .n_directions = 30, .n_layers = n, .n_tokens = 4000, .switch_on = {p}, .persistence = rho});
    const LayerVarianceSummary summary = summary_of(stream, 30);
    CHECK_THAT(summary.token, Catch::Matchers::WithinAbs(token / mass, 0.05));
    CHECK_THAT(summary.aggregated, Catch::Matchers::WithinAbs(layer_variance(marginal), 0.05));
  }
}

TEST_CASE("labels permuted within each token: the marginal is uniform, and neighbors are no nearer than others") {
  const auto stream = make_residual_stream<double>(
      {.n_inputs = 2, .n_directions = 30, .n_layers = 6, .n_tokens = 4000, .switch_on = {0.02}, .persistence = 0.8});
  LayerVariance permuted(30, 6);
  permuted.add(stream.truth, permuted_layers(stream.layer.slice(), stream.token.slice(), 6, 1).slice(),
               stream.token.slice());
  CHECK(permuted.summary().token > 1.3 * summary_of(stream, 30).token);
  CHECK_THAT(permuted.summary().total, Catch::Matchers::WithinAbs(35.0 / 12, 0.1));
}

TEST_CASE("LayerVariance without mass, and what it refuses") {
  LayerVariance variance(3, 2);
  CHECK(std::isnan(variance.summary().total));
  CHECK(variance.of(0).mass == 0);
  test::LayeredCode batch = test::random_layered_code(3, 2, 4, 1);
  CHECK_THROWS_WITH(variance.add(batch.code, batch.layers.slice(), batch.tokens.slice().part(0, 7)),
                    ContainsSubstring("LayerVariance tokens"));
  batch.tokens[3] = 5;
  CHECK_THROWS_WITH(add(variance, batch), ContainsSubstring("LayerVariance token in sample 3"));
  batch = test::random_layered_code(4, 2, 40, 1);
  CHECK_THROWS_WITH(add(variance, batch), ContainsSubstring("LayerVariance latent"));
  batch = test::random_layered_code(3, 2, 4, 1);
  for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    batch.code.values.back() = bad;
    CHECK_THROWS_WITH(add(variance, batch), ContainsSubstring("LayerVariance value"));
  }
  CHECK(variance.n_tokens() == 0);
  CHECK(std::isnan(variance.summary().total));
  CHECK_THROWS_WITH(LayerVariance(0, 2), ContainsSubstring("LayerVariance n_latents"));
  CHECK_THROWS_WITH(LayerVariance(2, 0), ContainsSubstring("LayerVariance n_layers"));
}

}  // namespace layer_variance_test
