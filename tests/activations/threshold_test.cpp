// SPDX-License-Identifier: MIT
#include <parsae/activations/threshold.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <limits>

namespace threshold_test {

using namespace parsae;

TEMPLATE_TEST_CASE("one threshold for all, or one for each latent", "", float, double) {
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::rounded(3, 60, 45);
  const Matrix<TestType> pre_acts = input.pre_acts();
  const Vector<TestType> all = Vector<TestType>::Constant(60, TestType(0.75));
  const Vector<TestType> each = test::rounded_matrix<TestType>(60, 1, 5).cwiseAbs();
  REQUIRE((pre_acts.array() == TestType(0.75)).any());  // not above the threshold
  for (const Vector<TestType>& threshold : {all, each}) {
    const SparseCode<TestType> expected = test::reference_threshold<TestType>(pre_acts, threshold, 0);
    const Threshold<TestType> act(threshold);
    CHECK(test::first_difference(input.code(act.select(45, 60)), expected) == "");
    CHECK(test::first_difference(input.code(act.inference().select(45, 60)), expected) == "");
  }
  const Threshold<TestType> one(all.head(1));
  CHECK(test::first_difference(input.code(one.select(45, 60)), test::reference_threshold<TestType>(pre_acts, all, 0)) ==
        "");
  CHECK(test::first_difference(input.code(Threshold<TestType>().select(45, 60)), test::reference_relu(pre_acts)) == "");
}

TEST_CASE("a threshold passes the gradient of active entries") {
  test::LatentFixture<float> latent(1, {2, 5}, {2, 5});
  latent.fill(latent.d_value, {0.5f, -1});
  latent.fill(latent.d_pre_act, {0, 0.25f});
  latent.backward(Threshold<float>());
  CHECK(test::equals(latent.d_pre_acts, {0.5f, -0.75f}));
}

TEST_CASE("in a model every latent has a threshold of its own, a statistic, never learned") {
  Threshold<float> act(Vector<float>::Constant(1, 0.5f));
  act.resize(7);
  CHECK(act.threshold() == Vector<float>::Constant(7, 0.5f));
  int visited = 0;
  act.visit_arrays([&](const ParameterArray<float>& array) {
    ++visited;
    CHECK(array.name == "threshold");
    CHECK(array.role == Role::Statistic);
    CHECK(array.axis == Axis::Latent);
    CHECK(array.rows == 1);
    CHECK(array.values.size() == 7);
    array.of_latent(2)[0] = 3;
  });
  CHECK(visited == 1);
  CHECK(act.threshold()(2) == 3);
  act.resize(7);
  CHECK(act.threshold()(2) == 3);
  CHECK_FALSE(Threshold<float>::has_threshold);  // none that learns
  CHECK(Threshold<float>::name == "threshold");
}

TEST_CASE("thresholds that cannot be are refused") {
  const auto with = [](float value) { return Threshold<float>(Vector<float>::Constant(2, value)); };
  CHECK_THROWS_WITH(Threshold<float>(Vector<float>()), "Threshold size: expected at least 1, got 0");
  CHECK_THROWS_WITH(with(-0.5f), "Threshold threshold: expected a finite value of at least 0, got -0.5");
  CHECK_THROWS_WITH(with(std::numeric_limits<float>::quiet_NaN()),
                    "Threshold threshold: expected a finite value of at least 0, got nan");
  CHECK_NOTHROW(with(0));
  CHECK_THROWS_WITH(with(1).select(4, 3), "Threshold thresholds: expected a 3 x 1 matrix, got 2 x 1");
  CHECK_THROWS_WITH(with(1).resize(3), "Threshold thresholds: expected a 3 x 1 matrix, got 2 x 1");
}

}  // namespace threshold_test
