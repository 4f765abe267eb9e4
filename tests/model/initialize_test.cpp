// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/model/initialize.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <cmath>
#include <limits>

namespace initialize_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Model = Autoencoder<TopK<double>>;

namespace {

constexpr Index n_inputs = 7;
constexpr Index n_latents = 30;

Model made() { return Model({.n_inputs = n_inputs, .n_latents = n_latents}, TopK<double>({.k = 4})); }

Model transcoder() {
  return Model({.n_inputs = n_inputs, .n_latents = n_latents, .n_outputs = 3, .centering = Centering::None},
               TopK<double>({.k = 4}));
}

/// Samples with a mean and a scale of their own.
Matrix<double> samples_of(Index n) {
  return (3 * test::random_matrix<double>(n_inputs, n, 1)).colwise() + 5 * test::random_vector<double>(n_inputs, 2);
}

Model initialized(const Matrix<double>& samples, const InitializeSettings& settings) {
  Model model = made();
  initialize(model, samples, settings);
  return model;
}

void check_unit_columns(const Matrix<double>& columns) {
  for (Index j = 0; j < columns.cols(); ++j) CHECK_THAT(columns.col(j).norm(), test::close_to(1, 1e-13));
}

}  // namespace

TEST_CASE("initialize gives unit columns, a copied encoder, and the mean as decoder bias", "[initialize]") {
  const Matrix<double> samples = samples_of(50);
  for (const LatentStart latents : {LatentStart::RandomDirections, LatentStart::CenteredSamples}) {
    Model model = made();
    model.encoder.b_enc.setOnes();
    initialize(model, samples, {.seed = 3, .latents = latents});
    check_unit_columns(model.decoder.w_dec);
    CHECK(model.encoder.w_enc == model.decoder.w_dec);
    CHECK(model.encoder.b_enc.isZero(0));
    CHECK(model.input_scale == model.output_scale);
    for (Index q = 0; q < n_inputs; ++q) {
      double mean = 0;
      for (Index i = 0; i < 50; ++i) mean += model.input_scale * samples(q, i) / 50;
      CHECK_THAT(model.decoder.b_dec(q), test::close_to(mean, 1e-13));
    }
  }
}

TEST_CASE("initialize scales inputs to a mean squared norm of 1, or not at all", "[initialize]") {
  const Matrix<double> samples = samples_of(50);
  const Model scaled = initialized(samples, {});
  double squared = 0;
  for (Index i = 0; i < 50; ++i) squared += (scaled.input_scale * samples.col(i)).squaredNorm() / 50;
  CHECK_THAT(squared, test::close_to(1, 1e-13));

  const Model unscaled = initialized(samples, {.scaling = InputScaling::None});
  CHECK(unscaled.input_scale == 1);
  CHECK(unscaled.output_scale == 1);
  CHECK(initialized(Matrix<double>::Zero(n_inputs, 4), {}).input_scale == 1);
}

TEST_CASE("initialize scales inputs to a mean norm of sqrt(d), each side of a transcoder to its own", "[initialize]") {
  const Matrix<double> samples = samples_of(50);
  const InitializeSettings settings{.scaling = InputScaling::MeanNormSqrtD};
  const Model scaled = initialized(samples, settings);
  double norms = 0;
  for (Index i = 0; i < 50; ++i) norms += (scaled.input_scale * samples.col(i)).norm() / 50;
  CHECK_THAT(norms, test::close_to(std::sqrt(7.0), 1e-13));
  CHECK(scaled.output_scale == scaled.input_scale);
  CHECK(initialized(Matrix<double>::Zero(n_inputs, 4), settings).input_scale == 1);

  const Matrix<double> targets = 9 * test::random_matrix<double>(3, 50, 4);
  Model model = transcoder();
  initialize(model, samples, targets, settings);
  CHECK(model.input_scale == scaled.input_scale);
  CHECK_THAT(model.output_scale * targets.colwise().norm().mean(), test::close_to(std::sqrt(3.0), 1e-13));
}

TEST_CASE("initialize draws latents from centered samples", "[initialize]") {
  const Matrix<double> samples = samples_of(12);
  const Model model = initialized(samples, {.seed = 3, .latents = LatentStart::CenteredSamples});
  const Vector<double> mean = samples.rowwise().mean();
  Eigen::Array<bool, Eigen::Dynamic, 1> is_used = Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(12, false);
  for (Index j = 0; j < n_latents; ++j) {
    int matches = 0;
    for (Index i = 0; i < 12; ++i) {
      if (!model.decoder.w_dec.col(j).isApprox((samples.col(i) - mean).normalized(), 1e-10)) continue;
      ++matches;
      is_used(i) = true;
    }
    CHECK(matches == 1);
  }
  CHECK(is_used.count() > 6);  // 30 draws out of 12 reach 11 of them on average
}

TEMPLATE_TEST_CASE("initialize falls back on random directions for samples that equal the mean", "[initialize]", float,
                   double) {
  // Nine times 0.1, summed and divided by nine, is not 0.1: what is left must not pass for a direction.
  const Matrix<TestType> samples = Vector<TestType>::Constant(n_inputs, TestType(0.1)).replicate(1, 9);
  Autoencoder<TopK<TestType>> model({.n_inputs = n_inputs, .n_latents = n_latents}, TopK<TestType>({.k = 4}));
  initialize(model, samples, {.seed = 3, .latents = LatentStart::CenteredSamples});
  const Matrix<TestType>& columns = model.decoder.w_dec;
  for (Index j = 0; j < n_latents; ++j) {
    CHECK_THAT(static_cast<double>(columns.col(j).norm()), test::close_to(1, 1e-6));
    if (j > 0) CHECK(std::abs(columns.col(j).dot(columns.col(j - 1))) < TestType(0.999));
  }
}

TEST_CASE("initialize with random directions covers the sphere evenly", "[initialize]") {
  Model model({.n_inputs = 3, .n_latents = 4000}, TopK<double>({.k = 4}));
  initialize(model, test::random_matrix<double>(3, 20, 1), {.seed = 5});
  const Matrix<double>& columns = model.decoder.w_dec;
  CHECK((columns.rowwise().mean()).norm() < 0.05);  // standard deviation of each entry 0.009
  CHECK((columns * columns.transpose() / 4000).isApprox(Matrix<double>::Identity(3, 3) / 3, 0.05));
}

TEST_CASE("initialize depends on its seed alone", "[initialize]") {
  const Matrix<double> samples = samples_of(50);
  for (const LatentStart latents : {LatentStart::RandomDirections, LatentStart::CenteredSamples}) {
    const Model model = initialized(samples, {.seed = 1, .latents = latents});
    CHECK(initialized(samples, {.seed = 1, .latents = latents}).decoder.w_dec == model.decoder.w_dec);
    CHECK(initialized(samples, {.seed = 2, .latents = latents}).decoder.w_dec != model.decoder.w_dec);
  }
}

TEST_CASE("initialize starts a transcoder from both of its sides", "[initialize]") {
  const Matrix<double> samples = samples_of(50);
  const Matrix<double> targets = 9 * test::random_matrix<double>(3, 50, 4) + Matrix<double>::Constant(3, 50, 2);
  Model model = transcoder();
  initialize(model, samples, targets, {.seed = 3});
  check_unit_columns(model.encoder.w_enc);
  check_unit_columns(model.decoder.w_dec);
  CHECK((model.encoder.w_enc.topRows(3) - model.decoder.w_dec).norm() > 1);
  CHECK(model.decoder.b_dec.isApprox(model.output_scale * targets.rowwise().mean(), 1e-12));
  CHECK_THAT(model.input_scale * model.input_scale * samples.squaredNorm() / 50, test::close_to(1, 1e-13));
  CHECK_THAT(model.output_scale * model.output_scale * targets.squaredNorm() / 50, test::close_to(1, 1e-13));
}

TEST_CASE("initialize refuses what gives no start", "[initialize]") {
  Model model = made();
  Matrix<double> samples = samples_of(5);
  const Matrix<double> narrow = samples.topRows(4);
  const Matrix<double> none(n_inputs, 0);
  CHECK_THROWS_WITH(initialize(model, narrow),
                    ContainsSubstring("initialize samples") && ContainsSubstring("got 4 x 5"));
  CHECK_THROWS_WITH(initialize(model, none), ContainsSubstring("initialize samples"));
  Model other = transcoder();
  CHECK_THROWS_WITH(initialize(other, samples), ContainsSubstring("transcoder"));
  const Matrix<double> targets = Matrix<double>::Ones(3, 4);
  CHECK_THROWS_WITH(initialize(other, samples, targets),
                    ContainsSubstring("initialize targets") && ContainsSubstring("got 3 x 4"));
  const Matrix<double> fitting = Matrix<double>::Ones(3, 5);
  CHECK_THROWS_WITH(initialize(other, samples, fitting, {.latents = LatentStart::CenteredSamples}),
                    ContainsSubstring("initialize latents"));
  samples(1, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(initialize(model, samples),
                    ContainsSubstring("initialize samples") && ContainsSubstring("sample 2, input 1"));
}

TEST_CASE("a transcoder cannot be centered by its targets, and a scale must be a number", "[initialize]") {
  Model square({.n_inputs = n_inputs, .n_latents = n_latents}, TopK<double>({.k = 4}));
  const Matrix<double> samples = samples_of(5);
  CHECK_THROWS_WITH(initialize(square, samples, samples), ContainsSubstring("Centering::None"));

  Autoencoder<TopK<float>> model({.n_inputs = n_inputs, .n_latents = n_latents}, TopK<float>({.k = 4}));
  const Matrix<float> tiny = Matrix<float>::Constant(n_inputs, 5, 1e-42f);
  CHECK_THROWS_WITH(initialize(model, tiny), ContainsSubstring("scaled to 1"));
  CHECK_THROWS_WITH(initialize(model, tiny, {.scaling = InputScaling::MeanNormSqrtD}),
                    ContainsSubstring("initialize samples: expected a mean norm that can be scaled to sqrt(d)"));
}

TEST_CASE("centered samples of any magnitude give unit columns", "[initialize]") {
  Autoencoder<TopK<float>> model({.n_inputs = n_inputs, .n_latents = n_latents}, TopK<float>({.k = 4}));
  const Matrix<float> huge = 1e25f * test::random_matrix<float>(n_inputs, 50, 8);  // squares are above any float
  initialize(model, huge, {.latents = LatentStart::CenteredSamples});
  for (Index j = 0; j < n_latents; ++j) CHECK_THAT(model.decoder.w_dec.col(j).norm(), test::close_to(1, 1e-5));
}

}  // namespace initialize_test
