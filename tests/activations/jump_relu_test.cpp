// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/sparse/latent_major.hpp>
#include <parsae/sparse/sampled_product.hpp>
#include <parsae/sparse/sparse_decode.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace jump_relu_test {

using namespace parsae;
using test::equals;

namespace {

template <class Scalar>
JumpReLU<Scalar> jump_relu(double threshold, double bandwidth, Index n_latents) {
  JumpReLU<Scalar> act(typename JumpReLU<Scalar>::Settings{threshold, bandwidth});
  act.resize(n_latents);
  return act;
}

/// What a gradient of `d_value` and `d_gate` at pre-activation `pre_act` does to (pre-activation, threshold), theta =
/// 0.5, epsilon = 0.1.
struct Response {
  double d_pre_act;
  double d_threshold;
};

Response response(double pre_act, double d_value, double d_gate) {
  const JumpReLU<double> act = jump_relu<double>(0.5, 0.1, 4);
  test::LatentFixture<double> latent(2, {pre_act}, {pre_act > 0.5 ? pre_act : 0});
  latent.d_value[0] = d_value;
  latent.d_gate[0] = d_gate;
  latent.backward(act);
  return {latent.d_pre_acts[0], latent.d_own};
}

/// A one-input, one-latent autoencoder x = f with inputs a spread evenly over [0, 1]: the gradient of
/// mean of (a - f)^2 + penalty [a > theta] with respect to theta, through every kernel of a training step.
class SpreadInputs {
 public:
  SpreadInputs(Index n, double bandwidth) : act_(jump_relu<double>(0.3, bandwidth, 1)), inputs_(1, n) {
    for (Index i = 0; i < n; ++i) inputs_(0, i) = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
  }

  [[nodiscard]] double d_threshold(double penalty) {
    const Index n = inputs_.cols();
    const auto batch = static_cast<double>(n);
    const Matrix<double> one = Matrix<double>::Ones(1, 1);
    walk_.run(inputs_, one, Vector<double>::Zero(1), Threads(1), act_.select(n, 1), code_);
    sparse_decode<double>(one, {}, code_, Threads(1), recon_);
    const Matrix<double> d_recon = 2 / batch * (recon_ - inputs_);
    sampled_product(one, d_recon, code_, Threads(1), d_values_);
    latent_major_.build(code_, d_values_, 1, Threads(1));

    const LatentEntries<double> entries = latent_major_.entries(0);
    Buffer<double> value;
    value.append(latent_major_.d_values(0));
    Buffer<double> gate(entries.size(), penalty / batch);
    Buffer<double> pre_act(entries.size(), 0.0);
    Buffer<double> d_pre_acts(entries.size());
    double d_threshold = 0;
    const LatentGradient<double> gradient{value.slice(), gate.slice(), pre_act.slice(), 0};
    act_.backward(entries, gradient, d_pre_acts.slice(), {&d_threshold, 1});
    return d_threshold;
  }

  [[nodiscard]] double d_threshold_at(double theta, double penalty) {
    act_.threshold()(0) = theta;
    return d_threshold(penalty);
  }

  /// Where descent from `start` comes to rest.
  [[nodiscard]] double descend(double start, double penalty) {
    act_.threshold()(0) = start;
    for (int step = 0; step < 300; ++step) {
      const double slope = d_threshold(penalty);
      act_.threshold()(0) -= 0.3 * slope;
      act_.constrain(0);
    }
    return act_.threshold()(0);
  }

 private:
  JumpReLU<double> act_;
  Matrix<double> inputs_;
  Walk<double, ThresholdSelection<double>> walk_;
  SparseCode<double> code_;
  Matrix<double> recon_;
  Buffer<double> d_values_;
  LatentMajor<double> latent_major_;
};

}  // namespace

TEST_CASE("worked values: the code") {
  // Four latents with theta 0.5 and epsilon 0.1 see 0.10, 0.52, 0.48, 1.00; the third is an explicit zero.
  const JumpReLU<double> act = jump_relu<double>(0.5, 0.1, 4);
  test::WalkCase<double> input{Matrix<double>::Ones(1, 1), Matrix<double>(1, 4), Vector<double>::Zero(4)};
  input.w_enc << 0.10, 0.52, 0.48, 1.00;
  const SparseCode<double> code = input.code(act.select(1, 4));
  REQUIRE(code.stored() == 3);
  CHECK((code.latents[0] == 1 && code.latents[1] == 2 && code.latents[2] == 3));
  CHECK(equals(code.values, {0.52, 0, 1.00}));
  CHECK(equals(code.pre_acts, {0.52, 0.48, 1.00}));
  CHECK(code.active_count() == 2);
}

TEST_CASE("worked values: the gradients") {
  const double pre_acts[] = {0.10, 0.52, 0.48, 1.00};
  const double d_pre_act[] = {0, 1, 0, 1};
  const double d_threshold_of_jump[] = {0, -5, -5, 0};
  const double d_threshold_of_step[] = {0, -10, -10, 0};
  for (int i = 0; i < 4; ++i) {
    CAPTURE(pre_acts[i]);
    const Response jump = response(pre_acts[i], 1, 0);
    CHECK(jump.d_pre_act == d_pre_act[i]);
    CHECK(std::abs(jump.d_threshold - d_threshold_of_jump[i]) < 1e-14);
    const Response step = response(pre_acts[i], 0, 1);
    CHECK(step.d_pre_act == 0);  // the penalty on L0 never reaches the encoder
    CHECK(std::abs(step.d_threshold - d_threshold_of_step[i]) < 1e-14);
  }
}

TEMPLATE_TEST_CASE("the threshold's gradient sums theta g + h over the window", "", float, double) {
  JumpReLU<TestType> act = jump_relu<TestType>(0.5, 0.5, 3);
  act.threshold()(1) = 2;
  test::LatentFixture<TestType> latent(1, {1.875f, 2.125f, 2.25f, 1.75f, 3}, {0, 2.125f, 2.25f, 0, 3});
  latent.fill(latent.d_value,
              {1, 3, 100, 200, 400});  // the third and fourth lie on the window's edges, the fifth outside
  latent.fill(latent.d_gate, {0.5f, 0.25f, 100, 200, 400});
  latent.fill(latent.d_pre_act, {10, 20, 30, 40, 50});
  latent.backward(act);
  CHECK(latent.d_own == -((2 * 1 + TestType(0.5)) + (2 * 3 + TestType(0.25))) / TestType(0.5));
  CHECK(equals<TestType>(latent.d_pre_acts, {10, 23, 130, 40, 450}));
}

TEST_CASE("the expected gradient at a threshold is theta^2 - theta epsilon / 4 - lambda") {
  SpreadInputs inputs(400000, 0.02);
  CHECK(std::abs(inputs.d_threshold_at(0.3, 0.05) - 0.0385) < 1e-5);
  for (const double theta : {0.1, 0.22, 0.5, 0.8})
    for (const double penalty : {0.0, 0.05, 0.3}) {
      CAPTURE(theta, penalty);
      CHECK(std::abs(inputs.d_threshold_at(theta, penalty) - (theta * theta - theta * 0.02 / 4 - penalty)) < 1e-4);
    }
}

TEST_CASE("descent comes to rest where the threshold is the square root of the penalty") {
  const double bandwidth = 0.02;
  SpreadInputs inputs(20000, bandwidth);
  for (const double penalty : {0.05, 0.2}) {
    // The root of theta^2 - theta epsilon / 4 - lambda, sqrt(lambda) + epsilon / 8 to first order.
    const double root = bandwidth / 8 + std::sqrt(bandwidth * bandwidth / 64 + penalty);
    for (const double start : {0.05, 0.9}) {
      const double rest = inputs.descend(start, penalty);
      CAPTURE(penalty, start);
      CHECK(std::abs(rest - root) < 1e-3);
      CHECK(std::abs(rest - std::sqrt(penalty)) < bandwidth / 4);
    }
  }
}

TEMPLATE_TEST_CASE("the bandwidth is a share of the running deviation of the pre-activations", "", float, double) {
  const double accuracy = sizeof(TestType) == 4 ? 1e-6 : 1e-14;
  JumpReLU<TestType> act(typename JumpReLU<TestType>::Settings{0.5, 0, 0.25, 0.75});
  CHECK(act.deviation() == 0);
  CHECK(act.bandwidth() == 0);
  double sum = 0;
  double weight = 0;
  for (std::uint64_t batch = 1; batch <= 4; ++batch) {
    const Matrix<TestType> pre_acts = (test::random_matrix<TestType>(30, 12, batch).array() - 7) * TestType(batch);
    act.observe_pre_acts(pre_acts);
    double mean = 0;
    double squares = 0;
    for (Index e = 0; e < 360; ++e) mean += static_cast<double>(pre_acts.data()[e]) / 360;
    for (Index e = 0; e < 360; ++e) squares += std::pow(static_cast<double>(pre_acts.data()[e]) - mean, 2);
    sum = 0.75 * sum + 0.25 * std::sqrt(squares / 360);
    weight = 0.75 * weight + 0.25;
    CHECK(std::abs(static_cast<double>(act.deviation()) / (sum / weight) - 1) < accuracy);
    CHECK(act.bandwidth() == TestType(0.25) * act.deviation());
  }
  CHECK(jump_relu<TestType>(0.5, 0.125, 4).bandwidth() == TestType(0.125));
}

TEMPLATE_TEST_CASE("the relative bandwidth narrows geometrically with the training batches", "", float, double) {
  const double accuracy = sizeof(TestType) == 4 ? 1e-6 : 1e-14;
  JumpReLU<TestType> act({.relative_bandwidth = 0.8, .narrowed_to = 0.25, .narrowing_batches = 4});
  act.observe_pre_acts(test::random_matrix<TestType>(30, 12, 1));
  const double parts[] = {1, std::sqrt(0.5), 0.5, std::sqrt(0.125), 0.25, 0.25, 0.25};
  for (const double part : parts) {
    CAPTURE(part);
    CHECK(std::abs(static_cast<double>(act.bandwidth() / act.deviation()) - 0.8 * part) < accuracy);
    CHECK(act.bandwidth() == TestType(0.8) * act.narrowing() * act.deviation());
    CHECK_NOTHROW(act.check());
    act.observe(SparseCode<TestType>());
  }
  JumpReLU<TestType> absolute({.bandwidth = 0.125, .narrowing_batches = 1});
  absolute.observe(SparseCode<TestType>());
  CHECK(absolute.bandwidth() == TestType(0.125));
}

TEST_CASE("the deviation comes through pre-activations that are not finite, or none at all") {
  JumpReLU<float> act;
  Matrix<float> pre_acts = test::random_matrix<float>(30, 12, 1);
  act.observe_pre_acts(pre_acts);
  const float deviation = act.deviation();
  REQUIRE(deviation > 0);
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    pre_acts(3, 4) = bad;
    act.observe_pre_acts(pre_acts);
  }
  act.observe_pre_acts(Matrix<float>(30, 0));
  CHECK(act.deviation() == deviation);
}

TEST_CASE("a relative bandwidth windows like the absolute one of its size, and not at all before it is known") {
  const test::WalkCase<double> input = test::WalkCase<double>::random(5, 60, 45);
  JumpReLU<double> relative(JumpReLU<double>::Settings{0.5, 0, 0.25});
  relative.resize(60);
  CHECK(input.code(relative.select(45, 60)).stored() == input.code(relative.inference().select(45, 60)).stored());
  test::LatentFixture<double> unknown(1, {0.5, 0.6}, {0, 0.6});
  unknown.fill(unknown.d_gate, {1, 1});
  unknown.backward(relative);
  CHECK(unknown.d_own == 0);

  relative.observe_pre_acts(input.pre_acts());
  const JumpReLU<double> absolute = jump_relu<double>(0.5, relative.bandwidth(), 60);
  const SparseCode<double> code = input.code(relative.select(45, 60));
  CHECK(code.stored() > code.active_count());
  CHECK(test::first_difference(code, input.code(absolute.select(45, 60))) == "");
  const double edge = relative.bandwidth() / 2;
  test::LatentFixture<double> latent(1, {0.5 - 0.99 * edge, 0.5 + 1.01 * edge}, {0, 0.5 + 1.01 * edge});
  latent.fill(latent.d_value, {1, 1});
  latent.fill(latent.d_gate, {2, 2});
  latent.backward(relative);
  CHECK(std::abs(latent.d_own + (0.5 + 2) / relative.bandwidth()) < 1e-13);
}

TEST_CASE("a threshold never falls below zero") {
  JumpReLU<float> act = jump_relu<float>(0.5, 0.1, 3);
  act.threshold() << -0.25f, 0.75f, -1;
  act.constrain(0);
  act.constrain(1);
  CHECK((act.threshold()(0) == 0 && act.threshold()(1) == 0.75f && act.threshold()(2) == -1));
}

TEMPLATE_TEST_CASE("training stores the window, inference does not, and the active entries are the same", "", float,
                   double) {
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::random(5, 60, 45);
  JumpReLU<TestType> act = jump_relu<TestType>(0.5, 0.7, 60);
  act.threshold() = test::random_vector<TestType>(60, 7).cwiseAbs();
  const SparseCode<TestType> training = input.code(act.select(45, 60));
  const SparseCode<TestType> inference = input.code(act.inference().select(45, 60));
  const Matrix<TestType> pre_acts = input.pre_acts();
  CHECK(test::first_difference(training,
                               test::reference_threshold<TestType>(pre_acts, act.threshold(), TestType(0.7))) == "");
  CHECK(test::first_difference(inference, test::reference_threshold<TestType>(pre_acts, act.threshold(), 0)) == "");
  CHECK(training.stored() > inference.stored());
  CHECK(training.active_count() == inference.stored());
}

TEST_CASE("every latent starts at the initial threshold, and its array is learned") {
  JumpReLU<double> act = jump_relu<double>(0.25, 0.1, 6);
  CHECK(act.threshold() == Vector<double>::Constant(6, 0.25));
  int visited = 0;
  act.visit_arrays([&](const ParameterArray<double>& array) {
    ++visited;
    if (array.name == "running_deviation") {
      CHECK(array.role == Role::Statistic);
      CHECK(array.axis == Axis::Shared);
      CHECK(array.rows == 2);
      CHECK(array.values.size() == 2);
      return;
    }
    if (array.name == "narrowing") {
      CHECK(array.role == Role::Statistic);
      CHECK(array.axis == Axis::Shared);
      CHECK(array.rows == 2);
      CHECK((array.values[0] == 0 && array.values[1] == 1));
      return;
    }
    CHECK(array.name == "threshold");
    CHECK(array.role == Role::Learned);
    CHECK(array.axis == Axis::Latent);
    CHECK(array.rows == 1);
    CHECK(array.values.size() == 6);
    array.of_latent(4)[0] = 9;
  });
  CHECK(visited == 3);
  CHECK(act.threshold()(4) == 9);
  CHECK(JumpReLU<double>::has_threshold);
  CHECK(JumpReLU<double>::name == "jump_relu");
}

TEST_CASE("a JumpReLU for another model begins anew") {
  JumpReLU<float> act({.narrowing_batches = 2});
  act.resize(3);
  act.visit_arrays([](const ParameterArray<float>& array) {
    if (array.name == "running_deviation") array.values[0] = array.values[1] = 0.5f;
    if (array.name == "narrowing") array.values[0] = 2, array.values[1] = 0.25f;
  });
  CHECK(act.deviation() == 1);
  CHECK(act.narrowing() == 0.25f);
  act.resize(4);
  CHECK(act.threshold().size() == 4);
  CHECK(act.deviation() == 0);
  CHECK(act.narrowing() == 1);
}

TEST_CASE("the settings of JumpReLU are visited by name") {
  JumpReLU<float> act;
  std::string names;
  act.visit_settings([&](std::string_view name, auto& value) {
    using Value = std::decay_t<decltype(value)>;
    names.append(name).append(" ");
    value = std::is_same_v<Value, Index> ? Value(7) : static_cast<Value>(1.0 / static_cast<double>(names.size()));
  });
  CHECK(names == "initial_threshold bandwidth relative_bandwidth deviation_decay narrowed_to narrowing_batches ");
  CHECK(act.settings().initial_threshold == 1.0 / 18);
  CHECK(act.settings().bandwidth == 1.0 / 28);
  CHECK(act.settings().relative_bandwidth == 1.0 / 47);
  CHECK(act.settings().deviation_decay == 1.0 / 63);
  CHECK(act.settings().narrowed_to == 1.0 / 75);
  CHECK(act.settings().narrowing_batches == 7);
  CHECK_NOTHROW(act.check());
  act.visit_settings([](std::string_view, auto& value) { value = -1; });
  CHECK_THROWS_WITH(act.check(), "JumpReLU initial_threshold: expected a finite value of at least 0, got -1");
}

TEST_CASE("arrays from a file that no training leads to are refused by name") {
  const auto refused = [](std::string_view changed, Index place, double to) {
    JumpReLU<double> act({.narrowing_batches = 7});
    act.resize(3);
    act.observe_pre_acts(test::random_matrix<double>(3, 5, 1));
    act.observe(SparseCode<double>());
    act.check();
    act.visit_arrays([&](const ParameterArray<double>& array) {
      if (array.name == changed) array.values[place] = to;
    });
    try {
      act.check();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(refused("threshold", 2, -0.5) == "JumpReLU threshold: expected a finite value of at least 0, got -0.5");
  CHECK(refused("threshold", 2, infinity) == "JumpReLU threshold: expected a finite value of at least 0, got inf");
  for (const Index place : {0, 1})
    CHECK(refused("running_deviation", place, -2) ==
          "JumpReLU running_deviation: expected a finite value of at least 0, got -2");
  CHECK(refused("running_deviation", 0, infinity) ==
        "JumpReLU deviation: expected a finite value of at least 0, got inf");
  CHECK(refused("narrowing", 0, 7) == "accepted");
  CHECK(refused("narrowing", 0, 8) == "JumpReLU narrowing batches: expected a value from 0 to 7, got 8");
  CHECK(refused("narrowing", 0, -1) == "JumpReLU narrowing batches: expected a value from 0 to 7, got -1");
  CHECK(refused("narrowing", 1, 0) == "JumpReLU narrowing: expected a value from 0.00099 to 1, got 0");
  CHECK(refused("narrowing", 1, 1.5) == "JumpReLU narrowing: expected a value from 0.00099 to 1, got 1.5");
}

TEST_CASE("settings and sizes that cannot be are refused") {
  using Settings = JumpReLU<float>::Settings;
  CHECK_THROWS_WITH(JumpReLU<float>(Settings{-0.5, 1}),
                    "JumpReLU initial_threshold: expected a finite value of at least 0, got -0.5");
  CHECK_THROWS_WITH(JumpReLU<float>(Settings{0, -1}),
                    "JumpReLU bandwidth: expected a finite value of at least 0, got -1");
  CHECK_THROWS_WITH(JumpReLU<float>(Settings{0, 0, 0}),
                    "JumpReLU relative_bandwidth: expected a finite value above 0, got 0");
  CHECK_THROWS_WITH(JumpReLU<float>(Settings{0, 0, 1, 1}),
                    "JumpReLU deviation_decay: expected a value from 0 to 1, got 1");
  for (const double bad : {0.0009, 1.1})
    CHECK_THROWS_WITH(JumpReLU<float>(Settings{.narrowed_to = bad}),
                      Catch::Matchers::ContainsSubstring("JumpReLU narrowed_to: expected a value from 0.001 to 1"));
  CHECK_THROWS_WITH(JumpReLU<float>(Settings{.narrowing_batches = 0}),
                    "JumpReLU narrowing_batches: expected a value from 1 to 16777216, got 0");
  CHECK_THROWS_WITH(jump_relu<float>(0.5, 0.1, 4).select(9, 5),
                    "JumpReLU thresholds: expected a 5 x 1 matrix, got 4 x 1");
}

}  // namespace jump_relu_test
