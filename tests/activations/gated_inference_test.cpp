// SPDX-License-Identifier: MIT
#include <parsae/activations/gated_inference.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <cmath>
#include <limits>

namespace gated_inference_test {

using namespace parsae;

static_assert(Activation<GatedInference<float>> && Activation<GatedInference<double>>);
static_assert(!HasGate<GatedInference<float>>);  // nothing of it is trained

TEMPLATE_TEST_CASE("a fixed gate stores active entries alone", "", float, double) {
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::random(5, 60, 45);
  const Matrix<TestType> pre_acts = input.pre_acts();
  const Vector<TestType> log_scale = test::random_vector<TestType>(60, 5);
  const Vector<TestType> shift = test::random_vector<TestType>(60, 6);
  const auto value = [&](Index j, Index i) { return multiply_add(std::exp(log_scale(j)), pre_acts(j, i), shift(j)); };
  const SparseCode<TestType> expected = test::code_where<TestType>(
      pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > 0 && value(j, i) > 0; }, value);
  const GatedInference<TestType> act(log_scale, shift);
  const SparseCode<TestType> code = input.code(act.select(45, 60));
  CHECK(test::first_difference(code, expected) == "");
  CHECK(code.active_count() == code.stored());
  CHECK(test::first_difference(input.code(act.inference().select(45, 60)), expected) == "");
}

TEST_CASE("a fixed gate passes the scaled gradient of active entries") {
  const GatedInference<double> act(Vector<double>::Constant(3, std::log(2.0)), Vector<double>::Constant(3, -3));
  test::LatentFixture<double> latent(1, {2, 1}, {1, 0});
  latent.fill(latent.d_value, {0.5, 7});
  latent.fill(latent.d_pre_act, {0.25, 0.125});
  latent.backward(act);
  CHECK(std::abs(latent.d_pre_acts[0] - 1.25) < 1e-15);
  CHECK(latent.d_pre_acts[1] == 0.125);
}

TEST_CASE("a fixed gate without numbers of its own is ReLU, and its arrays are statistics") {
  GatedInference<float> act;
  act.resize(7);
  const test::WalkCase<float> input = test::WalkCase<float>::random(3, 7, 20);
  CHECK(test::first_difference(input.code(act.select(20, 7)), test::reference_relu(input.pre_acts())) == "");
  std::vector<std::string_view> names;
  act.visit_arrays([&](const ParameterArray<float>& array) {
    names.push_back(array.name);
    CHECK(array.role == Role::Statistic);
    CHECK(array.axis == Axis::Latent);
    CHECK(array.rows == 1);
    CHECK(array.values.size() == 7);
    array.of_latent(2)[0] = 3;
  });
  CHECK(names == std::vector<std::string_view>{"log_scale", "shift"});
  CHECK((act.log_scale()(2) == 3 && act.shift()(2) == 3));
  act.resize(7);
  CHECK(act.log_scale()(2) == 3);
  CHECK(GatedInference<float>::name == "gated_inference");
}

TEST_CASE("fixed gates that cannot be are refused") {
  using Act = GatedInference<float>;
  const Vector<float> two = Vector<float>::Zero(2);
  CHECK_THROWS_WITH(Act(two, Vector<float>::Zero(3)), "GatedInference shift: expected a 2 x 1 matrix, got 3 x 1");
  CHECK_THROWS_WITH(Act(Vector<float>::Constant(2, 89), two),
                    "GatedInference log_scale: expected a value with a finite exponential, got 89");
  CHECK_NOTHROW(Act(Vector<float>::Constant(2, 88), two));
  CHECK_THROWS_WITH(Act(two, Vector<float>::Constant(2, std::numeric_limits<float>::infinity())),
                    "GatedInference shift: expected a finite value, got inf");
  CHECK_THROWS_WITH(Act(two, two).select(4, 3), "GatedInference log_scale: expected a 3 x 1 matrix, got 2 x 1");
  CHECK_THROWS_WITH(Act(two, two).resize(3), "GatedInference log_scale: expected a 3 x 1 matrix, got 2 x 1");
}

}  // namespace gated_inference_test
