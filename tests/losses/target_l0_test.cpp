// SPDX-License-Identifier: MIT
#include <parsae/losses/target_l0.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>

#include <limits>

namespace target_l0_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

static_assert(CodeLossFor<TargetL0, float> && CodeLossFor<TargetL0, double>);
static_assert(TargetL0::needs_threshold);

namespace {

/// What the loss adds at one latent, of n_latents = 5, in a batch of 4.
struct Added {
  double value = 0;
  double gate = 0;
};

Added added(const TargetL0& loss, double l0, double factor = 1) {
  test::OneLatent<double> latent{0.5, 0.0, 2.0};
  LatentGradient<double> gradient = latent.gradient();
  const double value = loss.of_step({factor, l0, 5}).add(latent.entries(), 7.0, 4, gradient);
  for (Index e = 0; e < 3; ++e) {
    CHECK(latent.gate[e] == latent.gate[0]);  // active or not
    CHECK(latent.value[e] == 10);
    CHECK(latent.pre_act[e] == 30);
  }
  CHECK(gradient.decoder_norm == 40);
  return {value, latent.gate[0] - 20};
}

}  // namespace

TEST_CASE("TargetL0 is the squared excess over the target, in equal parts for all latents", "[target_l0]") {
  const TargetL0 loss({.target_l0 = 2, .weight = 3});
  for (const double l0 : {0.0, 0.5, 1.5, 2.0, 2.25, 5.0}) {
    CAPTURE(l0);
    const double excess = l0 / 2 - 1;
    CHECK_THAT(5 * added(loss, l0).value, test::close_to(3 * excess * excess, 1e-14));
  }
  CHECK(added(loss, 2).value == 0);
}

TEST_CASE("TargetL0 pushes thresholds up where codes are too dense, down where they are too sparse", "[target_l0]") {
  const TargetL0 loss({.target_l0 = 2, .weight = 3});
  CHECK_THAT(added(loss, 3).gate, test::close_to(2 * 3 * 0.5 / (2.0 * 4), 1e-14));
  CHECK_THAT(added(loss, 0.5).gate, test::close_to(-2 * 3 * 0.75 / (2.0 * 4), 1e-14));
  CHECK(added(loss, 2).gate == 0);
}

TEST_CASE("TargetL0's gate gradient is the derivative of its value by a count of active entries", "[target_l0]") {
  const TargetL0 loss({.target_l0 = 1.7, .weight = 0.9});
  for (const double l0 : {0.25, 1.5, 4.0}) {
    const double difference = 1e-5;  // of an entry; four samples make an entry a quarter of L0
    const double above = 5 * added(loss, l0 + difference / 4).value;
    const double below = 5 * added(loss, l0 - difference / 4).value;
    CHECK_THAT(added(loss, l0).gate, test::close_to((above - below) / (2 * difference), 1e-8));
  }
}

TEST_CASE("TargetL0 is linear in its weight, which schedules scale; the target stays", "[target_l0]") {
  const TargetL0 loss({.target_l0 = 2, .weight = 3});
  const Added once = added(loss, 3);
  const Added thrice = added(loss, 3, 3);
  CHECK_THAT(thrice.value, test::close_to(3 * once.value, 1e-14));
  CHECK_THAT(thrice.gate, test::close_to(3 * once.gate, 1e-14));
  CHECK(added(loss, 3, 0).value == 0);
  CHECK(added(loss, 3, 0).gate == 0);
  CHECK(loss.of_step({0.5, 3, 5}).settings().target_l0 == 2);
  CHECK(loss.settings().weight == 3);
}

TEST_CASE("TargetL0 refuses targets that no code can have", "[target_l0]") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(TargetL0({.target_l0 = 0}), "TargetL0 target_l0: expected a finite value above 0, got 0");
  for (const double bad : {-1.0, infinity, nan}) {
    CHECK_THROWS_AS(TargetL0({.target_l0 = bad}), std::invalid_argument);
    CHECK_THROWS_WITH(TargetL0({.weight = bad}), ContainsSubstring("TargetL0 weight: expected a finite value"));
  }
  const TargetL0 loss({.target_l0 = 5.5});
  CHECK_NOTHROW(loss.of_step({1, 0, 6}));
  CHECK_THROWS_WITH(loss.of_step({1, 0, 5}), "TargetL0 target_l0: expected at most n_latents = 5, got 5.5");
}

}  // namespace target_l0_test
