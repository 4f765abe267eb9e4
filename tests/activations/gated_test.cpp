// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace gated_test {

using namespace parsae;
using test::equals;

static_assert(Activation<Gated<float>> && HasGate<Gated<float>> && !Gated<float>::has_threshold);

namespace {

template <class Scalar>
Gated<Scalar> random_gated(Index n_latents) {
  Gated<Scalar> act;
  act.resize(n_latents);
  act.log_scale() = test::random_vector<Scalar>(n_latents, 5);
  act.shift() = test::random_vector<Scalar>(n_latents, 6);
  return act;
}

/// dL/d (log_scale, shift) of the latent, with d_pre_acts left in the fixture.
template <class Scalar>
std::array<Scalar, 2> backward(const Gated<Scalar>& act, test::LatentFixture<Scalar>& latent) {
  std::array<Scalar, 2> d_own{99, 99};
  act.backward({latent.latent, latent.samples.slice(), latent.values.slice(), latent.pre_acts.slice()},
               {latent.d_value.slice(), latent.d_gate.slice(), latent.d_pre_act.slice(), 0}, latent.d_pre_acts.slice(),
               {d_own.data(), 2});
  return d_own;
}

}  // namespace

TEMPLATE_TEST_CASE("Gated is the paper's model with tied weights", "", float, double) {
  // f = [pi_gate > 0] ReLU(exp(r) w^T x + b_mag) with pi_gate = w^T x + b_gate, in dense loops and double.
  constexpr Index n_latents = 60;
  constexpr Index batch = 45;
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::random(5, n_latents, batch);
  Gated<TestType> act = random_gated<TestType>(n_latents);
  const Vector<double> b_mag = test::random_vector<double>(n_latents, 7);
  for (Index j = 0; j < n_latents; ++j)
    act.shift()(j) = static_cast<TestType>(b_mag(j) - std::exp(static_cast<double>(act.log_scale()(j))) *
                                                          static_cast<double>(input.b_enc(j)));
  Matrix<double> values = Matrix<double>::Zero(n_latents, batch);
  const SparseCode<TestType> code = input.code(act.inference().select(batch, n_latents));
  for (Index i = 0; i < batch; ++i)
    for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
      values(code.latents[e], i) = static_cast<double>(code.values[e]);
  const Matrix<double> product = test::dense_pre_acts<double>(
      input.inputs.template cast<double>(), input.w_enc.template cast<double>(), Vector<double>::Zero(n_latents));
  Index n_active = 0;
  double largest_error = 0;
  for (Index i = 0; i < batch; ++i)
    for (Index j = 0; j < n_latents; ++j) {
      const bool is_open = product(j, i) + static_cast<double>(input.b_enc(j)) > 0;
      const double magnitude = std::exp(static_cast<double>(act.log_scale()(j))) * product(j, i) + b_mag(j);
      const double expected = is_open ? std::max(magnitude, 0.0) : 0.0;
      n_active += expected > 0;
      largest_error = std::max(largest_error, std::abs(values(j, i) - expected));
    }
  CHECK(n_active > 500);
  CHECK(code.stored() == n_active);
  CHECK(largest_error < (sizeof(TestType) == 4 ? 1e-4 : 1e-12));
}

TEST_CASE("Gated starts as ReLU") {
  Gated<float> act;
  act.resize(60);
  const test::WalkCase<float> input = test::WalkCase<float>::random(5, 60, 45);
  const SparseCode<float> expected = test::reference_relu(input.pre_acts());
  CHECK(test::first_difference(input.code(act.select(45, 60)), expected) == "");
  CHECK(test::first_difference(input.code(act.inference().select(45, 60)), expected) == "");
}

TEMPLATE_TEST_CASE("Gated stores open gates of magnitude zero in training alone", "", float, double) {
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::random(5, 60, 45);
  const Gated<TestType> act = random_gated<TestType>(60);
  const SparseCode<TestType> training = input.code(act.select(45, 60));
  const SparseCode<TestType> inference = input.code(act.inference().select(45, 60));
  CHECK(training.stored() == (input.pre_acts().array() > 0).count());
  CHECK(inference.stored() == training.active_count());
  CHECK(inference.stored() < training.stored());
  Index at = 0;
  Index n_different = 0;
  for (Index e = 0; e < training.stored(); ++e) {
    if (training.values[e] == 0) continue;
    n_different += training.values[e] != inference.values[at] || training.latents[e] != inference.latents[at];
    ++at;
  }
  CHECK(n_different == 0);
}

TEST_CASE("worked values: the gradient passes the magnitude, never the step") {
  Gated<double> act;
  act.resize(3);
  act.log_scale()(1) = std::log(4.0);
  act.shift()(1) = -2;
  // exp(r) pi + c of the three entries: 6, 0 (an explicit zero below it), 2.
  test::LatentFixture<double> latent(1, {2, 0.25, 1}, {6, 0, 2});
  latent.fill(latent.d_value, {3, 100, -5});
  latent.fill(latent.d_gate, {1000, 1000, 1000});
  latent.fill(latent.d_pre_act, {0.5, 0.25, 0});
  const std::array<double, 2> d_own = backward(act, latent);
  CHECK(std::abs(latent.d_pre_acts[0] - 12.5) < 1e-13);  // 4 * 3 + 0.5
  CHECK(latent.d_pre_acts[1] == 0.25);                   // what losses on the gate sent, and nothing else
  CHECK(std::abs(latent.d_pre_acts[2] + 20) < 1e-13);
  CHECK(std::abs(d_own[0] - 4) < 1e-13);  // 4 * (2 * 3 - 1 * 5)
  CHECK(d_own[1] == -2);                  // 3 - 5
}

TEST_CASE("a latent without entries has no gradient") {
  const Gated<float> act = random_gated<float>(3);
  test::LatentFixture<float> latent(2, {}, {});
  CHECK(backward(act, latent) == std::array<float, 2>{0, 0});
}

TEST_CASE("log-scale and shift are learned, one of each for a latent, from 0") {
  Gated<double> act;
  act.resize(6);
  std::vector<std::string> names;
  act.visit_arrays([&](const ParameterArray<double>& array) {
    names.emplace_back(array.name);
    CHECK(array.role == Role::Learned);
    CHECK(array.axis == Axis::Latent);
    CHECK(array.rows == 1);
    CHECK(array.values.size() == 6);
    for (const double value : array.values) CHECK(value == 0);
    array.of_latent(4)[0] = static_cast<double>(names.size());
  });
  CHECK(names == std::vector<std::string>{"log_scale", "shift"});  // the order in which backward delivers
  CHECK((act.log_scale()(4) == 1 && act.shift()(4) == 2));
  int n_settings = 0;
  act.visit_settings([&](std::string_view, auto&) { ++n_settings; });
  CHECK(n_settings == 0);
  CHECK(Gated<float>::name == "gated");
  CHECK(equals(Buffer<double>(1, act.inference().shift()(4)), {2}));
}

TEST_CASE("gates that cannot be are refused") {
  Gated<float> act;
  act.resize(4);
  CHECK_NOTHROW(act.check());
  CHECK_THROWS_WITH(act.select(9, 5), "Gated log_scale: expected a 5 x 1 matrix, got 4 x 1");
  act.log_scale()(1) = 100;
  CHECK_THROWS_WITH(act.check(), "Gated log_scale: expected a value with a finite exponential, got 100");
  act.log_scale()(1) = -1000;  // exp is 0, a scale that a file may hold
  CHECK_NOTHROW(act.check());
  act.shift()(2) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(act.check(), "Gated shift: expected a finite value, got nan");
}

}  // namespace gated_test
