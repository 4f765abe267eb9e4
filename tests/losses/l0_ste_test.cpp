// SPDX-License-Identifier: MIT
#include <parsae/losses/l0_ste.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>

#include <limits>

namespace l0_ste_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

static_assert(CodeLossFor<L0STE, float> && CodeLossFor<L0STE, double>);
static_assert(L0STE::needs_threshold);

TEST_CASE("L0STE counts active entries and pushes on the gate of every stored one", "[l0_ste]") {
  test::OneLatent<double> latent{0.5, 0.0, 2.0, 0.0, 1.0};
  LatentGradient<double> gradient = latent.gradient();
  const double loss = L0STE({.coefficient = 0.6}).add(latent.entries(), 7.0, 4, gradient);
  CHECK_THAT(loss, test::close_to(0.15 * 3, 1e-15));
  for (Index e = 0; e < 5; ++e) {
    CHECK_THAT(latent.gate[e], test::close_to(20.15, 1e-15));
    CHECK(latent.value[e] == 10);
    CHECK(latent.pre_act[e] == 30);
  }
  CHECK(gradient.decoder_norm == 40);
}

TEST_CASE("L0STE is linear in its coefficient, which schedules scale", "[l0_ste]") {
  test::OneLatent<double> latent{0.5, 0.0};
  LatentGradient<double> gradient = latent.gradient();
  const L0STE loss({.coefficient = 0.2});
  CHECK_THAT(loss.of_step({.coefficient_factor = 3}).add(latent.entries(), 1.0, 1, gradient),
             test::close_to(0.6, 1e-15));
  CHECK_THAT(latent.gate[1], test::close_to(20.6, 1e-15));
  CHECK(loss.of_step({.coefficient_factor = 0}).add(latent.entries(), 1.0, 1, gradient) == 0);
}

TEST_CASE("L0STE refuses a coefficient below 0 or not finite", "[l0_ste]") {
  CHECK_THROWS_WITH(L0STE({.coefficient = -0.5}),
                    ContainsSubstring("L0STE coefficient") && ContainsSubstring("got -0.5"));
  CHECK_THROWS_AS(L0STE({.coefficient = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

}  // namespace l0_ste_test
