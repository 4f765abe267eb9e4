// SPDX-License-Identifier: MIT
#include <parsae/activations/relu.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

namespace relu_test {

using namespace parsae;

TEMPLATE_TEST_CASE("ReLU keeps what is above zero, in training and inference", "", float, double) {
  test::WalkCase<TestType> input =
      test::WalkCase<TestType>::rounded(3, 60, 45);  // with zeros among the pre-activations
  const SparseCode<TestType> expected = test::reference_relu(input.pre_acts());
  REQUIRE((input.pre_acts().array() == 0).any());
  const ReLU<TestType> act;
  CHECK(test::first_difference(input.code(act.select(45, 60)), expected) == "");
  CHECK(test::first_difference(input.code(act.inference().select(45, 60)), expected) == "");
  CHECK(expected.active_count() == expected.stored());
}

TEST_CASE("ReLU passes the gradient of active entries") {
  test::LatentFixture<double> latent(3, {2, 5}, {2, 5});
  latent.fill(latent.d_value, {0.5, -1});
  latent.fill(latent.d_pre_act, {0, 0.25});
  latent.backward(ReLU<double>());
  CHECK(test::equals(latent.d_pre_acts, {0.5, -0.75}));
}

TEST_CASE("the name of ReLU in files") { CHECK(ReLU<float>::name == "relu"); }

}  // namespace relu_test
