// SPDX-License-Identifier: MIT
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/threshold_calibration.hpp>
#include <parsae/train/trainer.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>
#include <support/superposition.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

namespace threshold_calibration_test {

using namespace parsae;

namespace {

constexpr Index n_inputs = 16;
constexpr Index n_latents = 48;

template <class Act>
Autoencoder<Act> model_of(const Act& rule) {
  using Scalar = typename Act::Scalar;
  Autoencoder<Act> model({.n_inputs = n_inputs, .n_latents = n_latents}, rule);
  initialize(model, test::random_matrix<Scalar>(n_inputs, 100, 50), {.seed = 1});
  model.encoder.b_enc = Scalar(0.2) * test::random_vector<Scalar>(n_latents, 51);
  return model;
}

template <class Act, class Scalar = typename Act::Scalar>
Index calibrate(Autoencoder<Act>& model, const Matrix<Scalar>& samples, Index n, int threads = 2) {
  MatrixSource<Scalar> source(samples,
                              {.batch_size = 300, .epochs = 1, .order = MatrixSource<Scalar>::Order::Sequential});
  return calibrate_thresholds(model, source, {.samples = n, .threads = Threads(threads)});
}

template <class Act, class Scalar = typename Act::Scalar>
Matrix<Scalar> pre_acts_of(const Autoencoder<Act>& model, const Matrix<Scalar>& samples) {
  Matrix<Scalar> centered;
  model.encoder.center(samples, model.input_scale, model.decoder.b_dec, Threads(1), centered);
  return test::dense_pre_acts(centered, model.encoder.w_enc, model.encoder.b_enc);
}

/// The (count + 1)-th largest positive number, or 0.
template <class Scalar>
Scalar plain_threshold(std::vector<Scalar> numbers, Index count) {
  std::sort(numbers.begin(), numbers.end(), std::greater<Scalar>());
  return count < static_cast<Index>(numbers.size()) ? std::max(numbers[static_cast<std::size_t>(count)], Scalar(0)) : 0;
}

/// Zipf budgets once it has seen a batch.
template <class Scalar>
FeatureChoice<Scalar> frozen_zipf(double k) {
  FeatureChoice<Scalar> act({.k = k, .budgets = Budgets::Zipf, .mutual_choice_batches = 1, .zipf_exponent = 0.8});
  return act;
}

const Matrix<float>& superposed() {
  static const Matrix<float> samples = test::superposition<float>(n_inputs, 32, 3, 60'000, 11);
  return samples;
}

/// Held-out L0 after training on 20,000 samples and calibrating on them; the held-out ones are the other 40,000.
struct HeldOut {
  double running = 0;     ///< with the running thresholds of training
  double calibrated = 0;  ///< with calibrated ones
};

template <class Act>
HeldOut held_out_l0(const Act& rule) {
  Autoencoder<Act> model({.n_inputs = n_inputs, .n_latents = n_latents}, rule);
  const Matrix<float> training = superposed().leftCols(20'000);
  const Matrix<float> held_out = superposed().rightCols(40'000);
  initialize(model, training, {.seed = 1, .latents = LatentStart::CenteredSamples});
  MatrixSource<float> source(training, {.batch_size = 256, .seed = 5});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(),
                  {.steps = 500, .learning_rate = 4e-3, .threads = Threads(2)});
  trainer.train(source);
  const auto l0 = [&] { return static_cast<double>(model.encode(held_out, Threads(2)).active_count()) / 40'000.0; };
  HeldOut result;
  result.running = l0();
  CHECK(calibrate(model, training, 1'000'000) == 20'000);
  result.calibrated = l0();
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("one threshold leaves k latents active on average", "[threshold_calibration]", float, double) {
  auto model = model_of(MutualChoice<TestType>({.k = 2.7}));
  const Matrix<TestType> samples = test::random_matrix<TestType>(n_inputs, 1000, 3);
  CHECK(calibrate(model, samples, 1000) == 1000);
  const Matrix<TestType> pre_acts = pre_acts_of(model, samples);
  const std::vector<TestType> numbers(pre_acts.data(), pre_acts.data() + pre_acts.size());
  CHECK(model.activation.inference().threshold()(0) == plain_threshold(numbers, 2700));
  CHECK(model.encode(samples).active_count() == 2700);
}

TEMPLATE_TEST_CASE("each latent's threshold leaves its own density active", "[threshold_calibration]", float, double) {
  auto model = model_of(frozen_zipf<TestType>(6.5));
  const Matrix<TestType> samples = test::random_matrix<TestType>(n_inputs, 1000, 3);
  const auto rule = model.activation.select(1000, n_latents);
  SparseCode<TestType> code;
  Walk<TestType, std::remove_cvref_t<decltype(rule)>>().run(samples, model.encoder.w_enc, model.encoder.b_enc,
                                                            Threads(1), rule, code);
  model.activation.observe(code);
  REQUIRE(model.activation.is_frozen());

  for (const Index n : {1000, 700}) {  // 700 ends inside a batch
    CAPTURE(n);
    CHECK(calibrate(model, samples, n) == n);
    const Matrix<TestType> pre_acts = pre_acts_of(model, samples).leftCols(n).eval();
    Index n_at_zero = 0;
    for (Index j = 0; j < n_latents; ++j) {
      std::vector<TestType> numbers;
      for (Index i = 0; i < n; ++i) numbers.push_back(pre_acts(j, i));
      const auto count =
          static_cast<Index>(std::llround(model.activation.budgets().density(j) * static_cast<double>(n)));
      const TestType threshold = model.activation.inference().threshold()(j);
      CHECK(threshold == plain_threshold(numbers, count));
      n_at_zero += threshold == 0;
    }
    CHECK(n_at_zero > 0);  // a first rank whose budget is larger than what is positive
    CHECK(n_at_zero < 10);
  }
}

TEST_CASE("a source that ends early is measured by what it had", "[threshold_calibration]") {
  auto model = model_of(MutualChoice<float>({.k = 2.7}));
  const Matrix<float> samples = test::random_matrix<float>(n_inputs, 1000, 3);
  CHECK(calibrate(model, samples, 1000) == 1000);
  const Vector<float> threshold = model.activation.inference().threshold();
  CHECK(calibrate(model, samples, 1'000'000) == 1000);
  CHECK(model.activation.inference().threshold() == threshold);
}

TEST_CASE("calibration gives the same bits for any number of threads", "[threshold_calibration]") {
  std::vector<Vector<float>> thresholds;
  for (const int threads : {1, 2, 4}) {
    auto model = model_of(FeatureChoice<float>({.k = 3}));
    calibrate(model, test::rounded_matrix<float>(n_inputs, 1000, 3), 1000, threads);
    thresholds.push_back(model.activation.inference().threshold());
  }
  CHECK(thresholds[0] == thresholds[1]);
  CHECK(thresholds[0] == thresholds[2]);
}

TEST_CASE("held-out L0 with calibrated thresholds is the budget's", "[threshold_calibration]") {
  const auto mutual = held_out_l0(MutualChoice<float>({.k = 3}));
  CAPTURE(mutual.running, mutual.calibrated);
  CHECK(std::abs(mutual.running / 3 - 1) < 0.1);
  CHECK(std::abs(mutual.calibrated / 3 - 1) < 0.05);
  const auto uniform = held_out_l0(FeatureChoice<float>({.k = 3}));
  CAPTURE(uniform.running, uniform.calibrated);
  CHECK(std::abs(uniform.calibrated / 3 - 1) < 0.05);
  const auto zipf = held_out_l0(FeatureChoice<float>({.k = 3, .budgets = Budgets::Zipf, .mutual_choice_batches = 300}));
  CAPTURE(zipf.running, zipf.calibrated);
  CHECK(std::abs(zipf.calibrated / 3 - 1) < 0.05);
}

TEST_CASE("what cannot be calibrated on is refused", "[threshold_calibration]") {
  struct Source {
    Matrix<float> samples;
    Index n_batches = 0;

    bool next(Batch<float>& batch) {
      batch.inputs = samples;
      return n_batches-- > 0;
    }
    [[nodiscard]] static SourcePosition position() { return {}; }
    static void seek(const SourcePosition&) {}
  };
  auto model = model_of(MutualChoice<float>({.k = 2}));
  Source empty;
  CHECK_THROWS_WITH(calibrate_thresholds(model, empty),
                    "calibrate_thresholds source: expected at least one sample, got none");
  Source wrong{Matrix<float>::Zero(n_inputs - 1, 5), 1};
  CHECK_THROWS_WITH(calibrate_thresholds(model, wrong), "samples: expected a 16 x 5 matrix, got 15 x 5");
  Source broken{Matrix<float>::Zero(n_inputs, 5), 1};
  broken.samples(2, 3) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(calibrate_thresholds(model, broken),
                    "calibrate_thresholds samples: expected finite values, got nan in sample 3, input 2");
  CHECK_THROWS_WITH(calibrate_thresholds(model, broken, {.samples = 0}),
                    "CalibrationSettings samples: expected at least 1, got 0");
}

}  // namespace threshold_calibration_test
