// SPDX-License-Identifier: MIT
#include <parsae/losses/latent_moments.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>

#include <initializer_list>
#include <vector>

namespace latent_moments_test {

using namespace parsae;

namespace {

/// Four latents' means, of which OneLatent is the last.
struct Remembered {
  Buffer<double> density;
  Buffer<double> value;
  Buffer<double> squared_value;

  Remembered(double last_density, double last_value, double last_square) {
    for (const double other : {0.1, 0.2, 0.3}) {
      density.push_back(other);
      value.push_back(10 * other);
      squared_value.push_back(100 * other);
    }
    density.push_back(last_density);
    value.push_back(last_value);
    squared_value.push_back(last_square);
  }

  [[nodiscard]] LatentMoments moments(double samples) const {
    return {samples, density.slice(), value.slice(), squared_value.slice()};
  }
};

}  // namespace

TEST_CASE("A batch alone has its own counts and moments", "[latent_moments]") {
  const test::OneLatent<float> latent{1, 0, 3, 2};
  const LatentActivity activity = pooled_activity({}, latent.entries(), 8);
  CHECK(activity.samples == 8);
  CHECK(activity.active == 3);
  CHECK(activity.mean == 2);
  CHECK_THAT(activity.variance, test::close_to(2.0 / 3, 1e-15));
  CHECK_THAT(activity.rate(), test::close_to(3.5 / 9, 1e-15));
}

TEST_CASE("Remembered samples and those of a batch weigh the same", "[latent_moments]") {
  // Remembered: 3 of 12 samples active with values 4, 5 and 9; then 1, 3 and 2 in a batch of 8.
  const Remembered before(3.0 / 12, 18.0 / 12, 122.0 / 12);
  const test::OneLatent<double> latent{1, 0, 3, 2};
  const LatentActivity activity = pooled_activity(before.moments(12), latent.entries(), 8);
  CHECK_THAT(activity.samples, test::close_to(20, 1e-15));
  CHECK_THAT(activity.active, test::close_to(6, 1e-15));
  CHECK_THAT(activity.mean, test::close_to(4, 1e-15));
  CHECK_THAT(activity.variance, test::close_to((9.0 + 1 + 4 + 0 + 1 + 25) / 6, 1e-14));
}

TEST_CASE("A loss that asks for no values still knows the firing rate", "[latent_moments]") {
  const Remembered before(0.25, 7, 7);
  const test::OneLatent<double> latent{1, 3};
  const LatentActivity activity = pooled_activity({12, before.density.slice()}, latent.entries(), 8);
  CHECK_THAT(activity.active, test::close_to(5, 1e-15));
  CHECK_THAT(activity.rate(), test::close_to(5.5 / 21, 1e-15));
}

TEST_CASE("A latent that never was active has a rate above 0 and no moments", "[latent_moments]") {
  const Remembered before(0, 0, 0);
  const test::OneLatent<double> latent{0, 0};
  const LatentActivity activity = pooled_activity(before.moments(91), latent.entries(), 8);
  CHECK(activity.active == 0);
  CHECK(activity.mean == 0);
  CHECK(activity.variance == 0);
  CHECK_THAT(activity.rate(), test::close_to(0.005, 1e-15));
}

TEST_CASE("One that always is active has a rate below 1, and equal values no negative variance", "[latent_moments]") {
  const test::OneLatent<double> latent{0.1, 0.1, 0.1};
  const LatentActivity activity = pooled_activity({}, latent.entries(), 3);
  CHECK_THAT(activity.rate(), test::close_to(3.5 / 4, 1e-15));
  CHECK(activity.variance >= 0);
  CHECK(activity.variance < 1e-15);
}

TEST_CASE("A density that rounding put above 1 does not make a rate above 1", "[latent_moments]") {
  const Remembered before(1.001, 2, 5);
  const test::OneLatent<double> latent{1, 3, 2};
  const LatentActivity activity = pooled_activity(before.moments(100'000), latent.entries(), 3);
  CHECK(activity.active == activity.samples);
  CHECK(activity.rate() < 1);
}

}  // namespace latent_moments_test
