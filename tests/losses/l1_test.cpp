// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/losses/l1.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace l1_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

static_assert(CodeLossFor<L1, float> && CodeLossFor<L1, double>);
static_assert(!L1::needs_threshold);

TEST_CASE("L1 adds coefficient / batch to each value's gradient and leaves the rest alone", "[l1]") {
  test::OneLatent<double> latent{0.5, 2.0, 1.25};
  LatentGradient<double> gradient = latent.gradient();
  const double loss = L1({.coefficient = 0.3}).add(latent.entries(), 7.0, 6, gradient);
  CHECK_THAT(loss, test::close_to(0.3 / 6 * 3.75, 1e-15));
  for (Index e = 0; e < 3; ++e) {
    CHECK_THAT(latent.value[e], test::close_to(10 + 0.05, 1e-15));
    CHECK(latent.gate[e] == 20);
    CHECK(latent.pre_act[e] == 30);
  }
  CHECK(gradient.decoder_norm == 40);
}

TEST_CASE("L1 by decoder norm is weighted by the norm and has a gradient with respect to it", "[l1]") {
  test::OneLatent<double> latent{0.5, 2.0, 1.25};
  LatentGradient<double> gradient = latent.gradient();
  const L1 l1({.coefficient = 0.3, .weighting = L1::Weighting::DecoderNorm});
  const double loss = l1.add(latent.entries(), 7.0, 6, gradient);
  CHECK_THAT(loss, test::close_to(7 * 0.3 / 6 * 3.75, 1e-15));
  for (Index e = 0; e < 3; ++e) CHECK_THAT(latent.value[e], test::close_to(10 + 7 * 0.05, 1e-15));
  CHECK_THAT(gradient.decoder_norm, test::close_to(40 + 0.05 * 3.75, 1e-15));
}

TEST_CASE("L1 has its slope at explicit zeros, too, where a threshold feels it", "[l1]") {
  test::OneLatent<double> latent{0.5, 0.0};
  LatentGradient<double> gradient = latent.gradient();
  const double loss = L1({.coefficient = 0.6}).add(latent.entries(), 1.0, 2, gradient);
  CHECK_THAT(loss, test::close_to(0.3 * 0.5, 1e-15));
  CHECK_THAT(latent.value[0], test::close_to(10.3, 1e-15));
  CHECK_THAT(latent.value[1], test::close_to(10.3, 1e-15));
}

TEST_CASE("L1 on JumpReLU moves the threshold by the derivative of the expected loss", "[l1]") {
  // For pre-activations uniform on [0, 1], E[lambda pi H(pi - theta)] has the derivative -lambda theta. The window of
  // the straight-through estimate reaches below the threshold: with active entries alone the estimate would be half of
  // it.
  constexpr Index n = 200'000;
  const double theta = 0.4;
  const double bandwidth = 0.1;
  JumpReLU<double> rule({.initial_threshold = theta, .bandwidth = bandwidth});
  rule.resize(1);
  Buffer<SampleId> samples(n);
  Buffer<double> values(n);
  Buffer<double> pre_acts(n);
  for (Index i = 0; i < n; ++i) {
    samples[i] = static_cast<SampleId>(i);
    pre_acts[i] = (static_cast<double>(i) + 0.5) / n;
    values[i] = pre_acts[i] > theta ? pre_acts[i] : 0;
  }
  Buffer<double> value(n);
  Buffer<double> gate(n);
  Buffer<double> pre_act(n);
  LatentGradient<double> gradient{value.slice(), gate.slice(), pre_act.slice(), 0.0};
  const LatentEntries<double> entries{0, samples.slice(), values.slice(), pre_acts.slice()};
  const double loss = L1({.coefficient = 0.25}).add(entries, 1.0, n, gradient);
  CHECK_THAT(loss, test::close_to(0.25 * (1 - theta * theta) / 2, 1e-5));

  Buffer<double> d_pre_acts(n);
  double d_threshold = 0;
  rule.backward(entries, gradient, d_pre_acts.slice(), {&d_threshold, 1});
  CHECK_THAT(d_threshold, test::close_to(-0.25 * theta, 1e-4));
}

TEST_CASE("L1 is linear in its coefficient, which schedules scale", "[l1]") {
  for (const L1::Weighting weighting : {L1::Weighting::Plain, L1::Weighting::DecoderNorm}) {
    test::OneLatent<double> once{0.5, 2.0};
    test::OneLatent<double> thrice{0.5, 2.0};
    LatentGradient<double> gradient_once = once.gradient();
    LatentGradient<double> gradient_thrice = thrice.gradient();
    const L1 l1({.coefficient = 0.2, .weighting = weighting});
    const double loss = l1.add(once.entries(), 1.5, 4, gradient_once);
    CHECK(loss > 0);
    CHECK_THAT(l1.of_step({.coefficient_factor = 3}).add(thrice.entries(), 1.5, 4, gradient_thrice),
               test::close_to(3 * loss, 1e-15));
    CHECK_THAT(thrice.value[1] - 10, test::close_to(3 * (once.value[1] - 10), 1e-14));
    CHECK_THAT(gradient_thrice.decoder_norm - 40, test::close_to(3 * (gradient_once.decoder_norm - 40), 1e-14));
    CHECK(l1.of_step({.coefficient_factor = 0}).add(once.entries(), 1.5, 4, gradient_once) == 0);
    CHECK(l1.of_step({.coefficient_factor = 3}).settings().weighting == weighting);
  }
}

TEST_CASE("L1 refuses a coefficient below 0 or not finite", "[l1]") {
  CHECK_THROWS_WITH(L1({.coefficient = -1}), ContainsSubstring("L1 coefficient") && ContainsSubstring("got -1"));
  CHECK_THROWS_AS(L1({.coefficient = std::numeric_limits<double>::infinity()}), std::invalid_argument);
  CHECK_THROWS_AS(L1({.coefficient = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  CHECK(L1({.coefficient = 0}).settings().coefficient == 0);
}

}  // namespace l1_test
