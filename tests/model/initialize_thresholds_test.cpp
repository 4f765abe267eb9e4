// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/model/initialize_thresholds.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace initialize_thresholds_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

static_assert(HasThresholds<JumpReLU<float>> && HasThresholds<JumpReLU<double>>);
static_assert(!HasThresholds<MutualChoice<float>> && !HasThresholds<Threshold<float>>);

namespace {

constexpr Index n_inputs = 9;

/// Samples with a mean and a scale of their own.
template <class Scalar>
Matrix<Scalar> samples_of(Index n) {
  return (3 * test::random_matrix<Scalar>(n_inputs, n, 1)).colwise() + 5 * test::random_vector<Scalar>(n_inputs, 2);
}

template <class Scalar>
Autoencoder<JumpReLU<Scalar>> model_of(const Matrix<Scalar>& samples, Index n_latents) {
  Autoencoder<JumpReLU<Scalar>> model({.n_inputs = n_inputs, .n_latents = n_latents});
  initialize(model, samples, {.seed = 1});
  return model;
}

template <class Scalar>
Matrix<Scalar> pre_acts_of(const Autoencoder<JumpReLU<Scalar>>& model, const Matrix<Scalar>& samples) {
  Matrix<Scalar> centered;
  model.encoder.center(samples, model.input_scale, model.decoder.b_dec, Threads(1), centered);
  return test::dense_pre_acts(centered, model.encoder.w_enc, model.encoder.b_enc);
}

}  // namespace

TEMPLATE_TEST_CASE("thresholds start at the quantile of the pre-activations", "", float, double) {
  const Matrix<TestType> samples = samples_of<TestType>(200);
  for (const double target : {0.03, 1.0, 2.5, 8.0}) {
    Autoencoder model = model_of(samples, 40);
    initialize_thresholds(model, samples, target);
    const Matrix<TestType> pre_acts = pre_acts_of(model, samples);
    std::vector<TestType> all(pre_acts.data(), pre_acts.data() + pre_acts.size());
    std::sort(all.begin(), all.end(), std::greater<>());
    const auto n_active = static_cast<std::size_t>(std::llround(200 * target));
    CAPTURE(target);
    CHECK(model.activation.threshold() == Vector<TestType>::Constant(40, all[n_active]));
    CHECK(model.encode(samples).active_count() == static_cast<Index>(n_active));
  }
}

TEST_CASE("thresholds start at 0 where fewer pre-activations are positive than are wanted", "[initialize_thresholds]") {
  const Matrix<double> samples = samples_of<double>(50);
  Autoencoder model = model_of(samples, 40);
  for (const double target : {39.0, 40.0}) {
    initialize_thresholds(model, samples, target);
    CHECK(model.activation.threshold().isZero(0));
  }
}

TEST_CASE("initialize_thresholds lets the activation see the deviation of the pre-activations",
          "[initialize_thresholds]") {
  const Matrix<double> samples = samples_of<double>(12);  // the probe sees all of them
  Autoencoder model = model_of(samples, 40);
  CHECK(model.activation.deviation() == 0);
  initialize_thresholds(model, samples, 4);
  const Matrix<double> pre_acts = pre_acts_of(model, samples);
  const double mean = pre_acts.mean();
  const double deviation = std::sqrt((pre_acts.array() - mean).square().mean());
  CHECK_THAT(model.activation.deviation(), test::close_to(deviation, 1e-12));
}

TEST_CASE("initialize_thresholds serves transcoders, too", "[initialize_thresholds]") {
  const Matrix<double> samples = samples_of<double>(100);
  Autoencoder<JumpReLU<double>> model(
      {.n_inputs = n_inputs, .n_latents = 40, .n_outputs = 3, .centering = Centering::None});
  initialize(model, samples, test::random_matrix<double>(3, 100, 4), {.seed = 3});
  initialize_thresholds(model, samples, 4);
  CHECK(model.encode(samples).active_count() == 400);
}

TEST_CASE("initialize_thresholds gives the same bits for any number of threads", "[initialize_thresholds]") {
  const Matrix<float> samples = samples_of<float>(3000);
  const auto start = [&](int threads) {
    Autoencoder model = model_of(samples, 300);
    initialize_thresholds(model, samples, 12.5, Threads(threads));
    return std::pair(model.activation.threshold(), model.activation.deviation());
  };
  CHECK(start(2) == start(1));
  CHECK(start(4) == start(1));
}

TEST_CASE("initialize_thresholds looks at evenly spread samples, as many as it can afford", "[initialize_thresholds]") {
  const Matrix<float> samples = samples_of<float>(20'000);
  Autoencoder model = model_of(samples, 512);
  // At most 4096 of them, and at most two million active entries.
  constexpr Index n = 4096;
  for (const double target : {8.0, 200.0}) {
    Matrix<float> spread(n_inputs, n);
    for (Index t = 0; t < n; ++t) spread.col(t) = samples.col(t * 20'000 / n);
    initialize_thresholds(model, samples, target);
    CAPTURE(target);
    CHECK(model.encode(spread).active_count() == std::llround(target * static_cast<double>(n)));
    const double l0 = static_cast<double>(model.encode(samples).active_count()) / 20'000;
    CHECK_THAT(l0, Catch::Matchers::WithinRel(target, 0.03));
  }
  Autoencoder wide = model_of(samples, 4000);
  Matrix<float> spread(n_inputs, 2000);
  for (Index t = 0; t < 2000; ++t) spread.col(t) = samples.col(t * 10);
  initialize_thresholds(wide, samples, 1000);
  CHECK(wide.encode(spread).active_count() == 2'000'000);
}

TEST_CASE("initialize_thresholds refuses what has no quantile", "[initialize_thresholds]") {
  Matrix<float> samples = samples_of<float>(20);
  Autoencoder model = model_of(samples, 40);
  const Matrix<float> none(n_inputs, 0);
  const Matrix<float> narrow = samples.topRows(4);
  CHECK_THROWS_WITH(initialize_thresholds(model, none, 4), "initialize_thresholds samples: expected at least 1, got 0");
  CHECK_THROWS_WITH(initialize_thresholds(model, narrow, 4),
                    "initialize_thresholds samples: expected a 9 x 20 matrix, got 4 x 20");
  CHECK_THROWS_WITH(initialize_thresholds(model, samples, 40.5),
                    "initialize_thresholds target_l0: expected a value from 0 to 40, got 40.5");
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(initialize_thresholds(model, samples, bad),
                      ContainsSubstring("initialize_thresholds target_l0: expected a finite value above 0"));
  samples(2, 5) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(initialize_thresholds(model, samples, 4), ContainsSubstring("initialize_thresholds samples"));
}

}  // namespace initialize_thresholds_test
