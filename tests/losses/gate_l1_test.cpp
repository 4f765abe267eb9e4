// SPDX-License-Identifier: MIT
#include <parsae/losses/gate_l1.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>

#include <limits>

namespace gate_l1_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using test::close_to;

static_assert(CodeLossFor<GateL1, float> && CodeLossFor<GateL1, double>);
static_assert(GateL1::needs_gate && !GateL1::needs_threshold);

TEMPLATE_TEST_CASE("GateL1 is the sum of open pre-activations, and its gradient passes values by", "", float, double) {
  test::OneLatent<TestType> latent{TestType(0.5), TestType(0), TestType(2)};  // the zero's pre-activation is -0.5
  LatentGradient<TestType> gradient = latent.gradient();
  const double loss = GateL1({.coefficient = 0.5}).add(latent.entries(), TestType(3), 4, gradient);
  CHECK_THAT(loss, close_to(0.125 * 2.5, 1e-7));
  CHECK(latent.pre_act[0] == TestType(30.125));
  CHECK(latent.pre_act[1] == TestType(30));  // closed
  CHECK(latent.pre_act[2] == TestType(30.125));
  CHECK(latent.value == Buffer<TestType>(3, TestType(10)));
  CHECK(latent.gate == Buffer<TestType>(3, TestType(20)));
  CHECK(gradient.decoder_norm == 40);
}

TEST_CASE("GateL1 counts an open gate whose magnitude is zero") {
  const float pre_act = 0.75f;
  const float value = 0;
  const SampleId sample = 5;
  float slots[3] = {0, 0, 0};
  LatentGradient<float> gradient{{slots, 1}, {slots + 1, 1}, {slots + 2, 1}, 0};
  const double loss = GateL1({.coefficient = 2})
                          .add(LatentEntries<float>{0, {&sample, 1}, {&value, 1}, {&pre_act, 1}}, 1.0f, 4, gradient);
  CHECK(loss == 0.375);
  CHECK((slots[0] == 0 && slots[1] == 0 && slots[2] == 0.5f));
}

TEST_CASE("GateL1 by decoder norm weighs by the norm and pulls on it") {
  test::OneLatent<double> latent{0.5, 2};
  LatentGradient<double> gradient = latent.gradient();
  const GateL1 by_norm({.coefficient = 0.5, .weighting = L1::Weighting::DecoderNorm});
  CHECK_THAT(by_norm.add(latent.entries(), 3.0, 4, gradient), close_to(3 * 0.125 * 2.5, 1e-15));
  CHECK_THAT(latent.pre_act[0], close_to(30.375, 1e-15));
  CHECK_THAT(gradient.decoder_norm, close_to(40 + 0.125 * 2.5, 1e-15));
}

TEST_CASE("GateL1 is scaled by its coefficient and keeps its weighting") {
  const GateL1 loss({.coefficient = 0.5, .weighting = L1::Weighting::DecoderNorm});
  const GateL1 halved = loss.of_step({.coefficient_factor = 0.5});
  CHECK(halved.settings().coefficient == 0.25);
  CHECK(halved.settings().weighting == L1::Weighting::DecoderNorm);
  CHECK(GateL1::name == "gate_l1");
}

TEST_CASE("GateL1 refuses coefficients that mean nothing") {
  CHECK_THROWS_WITH(GateL1({.coefficient = -1}), ContainsSubstring("GateL1 coefficient"));
  CHECK_THROWS_AS(GateL1({.coefficient = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

}  // namespace gate_l1_test
