// SPDX-License-Identifier: MIT
#include <parsae/losses/mdl.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>

#include <initializer_list>
#include <limits>
#include <sstream>

namespace mdl_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

static_assert(CodeLossFor<MDL, float> && CodeLossFor<MDL, double>);
static_assert(CodeLossFor<MDLPresence, float> && CodeLossFor<MDLValues, double>);
static_assert(MDL::needs_threshold && MDLPresence::needs_threshold && !MDLValues::needs_threshold);
static_assert(MDL::needs_value_moments && !MDLPresence::needs_value_moments && MDLValues::needs_value_moments);

namespace {

constexpr double ln2 = std::numbers::ln2;

/// What a loss adds at one latent with these values.
struct Added {
  double value = 0;
  Buffer<double> d_value;
  Buffer<double> d_gate;
  double d_norm = 0;
};

template <class Loss>
Added added(const Loss& loss, std::initializer_list<double> values, Index batch, double norm = 1) {
  test::OneLatent<double> latent(values);
  LatentGradient<double> gradient = latent.gradient();
  Added result;
  result.value = loss.add(latent.entries(), norm, batch, gradient);
  for (Index e = 0; e < latent.value.size(); ++e) {
    result.d_value.push_back(latent.value[e] - 10);
    result.d_gate.push_back(latent.gate[e] - 20);
    CHECK(latent.pre_act[e] == 30);
  }
  result.d_norm = gradient.decoder_norm - 40;
  return result;
}

}  // namespace

TEST_CASE("MDL: worked numbers", "[mdl]") {
  // Values 1 and 3, active in two of eight samples, and an explicit zero at -0.5: mean 2, variance 1, V = 2 sigma^2.
  const MDL loss({.noise_variance = 1});
  const Added one = added(loss, {1, 0, 3}, 8);
  const double weight = 2 * ln2 / 8;
  const double price = std::log2(6.5 / 2.5);  // rate 2.5 / 9
  const double bits = 0.5 + 0.5 / ln2;        // of 1, and of 3
  CHECK_THAT(one.value, test::close_to(weight * (8 * std::log2(9 / 6.5) + 2 * price + 2 * bits), 1e-14));
  CHECK_THAT(one.d_value[0], test::close_to(-weight * 0.5 / ln2, 1e-14));
  CHECK_THAT(one.d_value[1], test::close_to(-weight * 1.25 / ln2, 1e-14));
  CHECK_THAT(one.d_value[2], test::close_to(weight * 0.5 / ln2, 1e-14));
  CHECK_THAT(one.d_gate[0], test::close_to(weight * (price + bits + 0.5 / ln2), 1e-14));
  CHECK_THAT(one.d_gate[1], test::close_to(weight * (price + 0.5 + (7.25 / 4 - 0.5 * 1.25) / ln2), 1e-14));
  CHECK_THAT(one.d_gate[2], test::close_to(weight * (price + bits - 1.5 / ln2), 1e-14));
  CHECK_THAT(one.d_norm, test::close_to(weight * 2 * 0.5 / ln2, 1e-14));
}

TEST_CASE("The bits of presence are those of a code with the latent's own rate", "[mdl]") {
  const MDLPresence loss({.noise_variance = 1, .coefficient = 1});
  const double rate = 3.5 / 9;
  const Added one = added(loss, {1, 0, 3, 2}, 8);
  CHECK_THAT(one.value, test::close_to((3 * std::log2(1 / rate) + 5 * std::log2(1 / (1 - rate))) / 8, 1e-14));
  for (Index e = 0; e < 4; ++e) {
    CHECK_THAT(one.d_gate[e], test::close_to(std::log2((1 - rate) / rate) / 8, 1e-14));
    CHECK(one.d_value[e] == 0);
  }
  CHECK(one.d_norm == 0);
  // A latent that is active more often than not is cheaper on than off.
  CHECK(added(loss, {1, 1, 1, 1, 1, 1}, 8).d_gate[0] < 0);
}

TEST_CASE("MDLPresence and MDLValues make an MDL", "[mdl]") {
  const std::initializer_list<double> values{0.5, 0, 2, 0.7};
  const Added whole = added(MDL({.noise_variance = 0.1, .coefficient = 0.3}), values, 9, 0.8);
  const Added presence = added(MDLPresence({.noise_variance = 0.1, .coefficient = 0.3}), values, 9, 0.8);
  const Added value = added(MDLValues({.noise_variance = 0.1, .coefficient = 0.3}), values, 9, 0.8);
  CHECK_THAT(whole.value, test::close_to(presence.value + value.value, 1e-14));
  CHECK_THAT(whole.d_norm, test::close_to(presence.d_norm + value.d_norm, 1e-14));
  for (Index e = 0; e < 4; ++e) {
    CHECK_THAT(whole.d_gate[e], test::close_to(presence.d_gate[e] + value.d_gate[e], 1e-14));
    CHECK_THAT(whole.d_value[e], test::close_to(presence.d_value[e] + value.d_value[e], 1e-14));
  }
  CHECK(value.d_value[0] != 0);
}

TEST_CASE("A value's gradient is the derivative of the message with a mean and a variance that follow", "[mdl]") {
  constexpr double step = 1e-5;
  const MDL loss({.noise_variance = 0.05});
  const Added base = added(loss, {0.5, 2, 0.7}, 9);
  const double difference = added(loss, {0.5, 2 + step, 0.7}, 9).value - added(loss, {0.5, 2 - step, 0.7}, 9).value;
  CHECK_THAT(base.d_value[1], test::close_to(difference / (2 * step), 1e-9));
}

TEST_CASE("Gate and value together are the price of one more activation", "[mdl]") {
  // In a batch so large that one entry more or less moves no rate and no moment.
  const Buffer<double> density(4, 0.25);
  const Buffer<double> value(4, 0.25 * 2);
  const Buffer<double> squared_value(4, 0.25 * 4.5);
  CodeLossStep step;
  step.before = {1e12, density.slice(), value.slice(), squared_value.slice()};
  const MDL loss = MDL({.noise_variance = 0.1, .coefficient = 1}).of_step(step);
  const double without = added(loss, {2.5}, 8).value;
  const Added with = added(loss, {2.5, 1.25}, 8);
  CHECK_THAT(with.d_gate[1] + 1.25 * with.d_value[1], test::close_to(with.value - without, 1e-9));
  const double bits = std::log2(0.6 / 0.1) / 2 + (0.75 * 0.75 + 0.1) / (2 * 0.6 * ln2);
  CHECK_THAT(with.value - without, test::close_to((std::log2(3) + bits) / 8, 1e-9));
}

TEST_CASE("The price of a bit follows from the noise unless it is given, and schedules scale it", "[mdl]") {
  CHECK_THAT(MDL({.noise_variance = 0.3}).coefficient(), test::close_to(0.6 * ln2, 1e-15));
  CHECK(MDL({.noise_variance = 0.3, .coefficient = 0.7}).coefficient() == 0.7);
  const MDL loss({.noise_variance = 0.3});
  const Added once = added(loss, {1, 0, 3}, 8);
  const Added thrice = added(loss.of_step({.coefficient_factor = 3}), {1, 0, 3}, 8);
  CHECK_THAT(thrice.value, test::close_to(3 * once.value, 1e-14));
  CHECK_THAT(thrice.d_gate[1], test::close_to(3 * once.d_gate[1], 1e-14));
  CHECK_THAT(thrice.d_value[0], test::close_to(3 * once.d_value[0], 1e-14));
  CHECK(loss.of_step({.coefficient_factor = 0}).settings().noise_variance == 0.3);
  CHECK(added(loss.of_step({.coefficient_factor = 0}), {1, 0, 3}, 8).value == 0);
}

TEST_CASE("A latent without entries still costs the bit that it is silent", "[mdl]") {
  const MDL loss({.noise_variance = 0.3, .coefficient = 1});
  CHECK_THAT(added(loss, {}, 8).value, test::close_to(std::log2(9 / 8.5), 1e-14));
  const Added dead = added(loss, {0, 0}, 8);  // in the window, never active
  CHECK_THAT(dead.d_gate[0], test::close_to((std::log2(8.5 / 0.5) + 1 / (2 * ln2)) / 8, 1e-14));
  CHECK(dead.d_value[0] == 0);
}

TEST_CASE("MDL names its settings and refuses what cannot be", "[mdl]") {
  std::ostringstream text;
  MDL({.noise_variance = 0.25, .coefficient = 0.5}).visit_settings([&](std::string_view name, double value) {
    text << name << '=' << value << ' ';
  });
  CHECK(text.str() == "noise_variance=0.25 coefficient=0.5 ");
  CHECK_THROWS_WITH(MDL({.noise_variance = 0}), "mdl noise_variance: expected a finite value above 0, got 0");
  CHECK_THROWS_WITH(MDLValues({.noise_variance = -1}), ContainsSubstring("mdl_values noise_variance"));
  CHECK_THROWS_WITH(MDLPresence({.noise_variance = 1, .coefficient = -1}),
                    ContainsSubstring("mdl_presence coefficient"));
  CHECK_THROWS_AS(MDL({.noise_variance = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

}  // namespace mdl_test
