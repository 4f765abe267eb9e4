// SPDX-License-Identifier: MIT
#include <parsae/steering/unit_activity.hpp>

#include <analysis/code_fixture.hpp>
#include <support/catch.hpp>

namespace unit_activity_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("an activity is a mean over the sample's tokens") {
  UnitActivity activity(3, 2);
  activity.add_tokens(0, 4);
  activity.add(0, 1, 0.5);
  activity.add(0, 1, 0.25);
  activity.add(0, 2, 0.125);
  CHECK(activity.at(0, 0, ActivityMeasure::Frequency) == 0);
  CHECK(activity.at(1, 0, ActivityMeasure::Frequency) == 0.5);
  CHECK(activity.at(2, 0, ActivityMeasure::Frequency) == 0.25);
  CHECK(activity.at(1, 0, ActivityMeasure::Weight) == 0.1875);
  CHECK(activity.at(2, 0, ActivityMeasure::Weight) == 0.03125);
  CHECK(activity.at(1, 1, ActivityMeasure::Frequency) == 0);  // no tokens: no division by zero
}

TEST_CASE("a sample of a code is one token, and explicit zeros are not active") {
  constexpr Index n_latents = 7;
  const auto code = test::random_code<float>(n_latents, 30, 5);
  REQUIRE(code.active_count() < code.stored());
  const UnitActivity activity = UnitActivity::of_code(code, n_latents);
  const Matrix<double> values = test::dense(code, n_latents);
  REQUIRE(activity.n_units() == n_latents);
  REQUIRE(activity.n_samples() == 30);
  for (Index i = 0; i < 30; ++i) {
    for (Index j = 0; j < n_latents; ++j) {
      CHECK(activity.at(j, i, ActivityMeasure::Frequency) == (values(j, i) != 0 ? 1 : 0));
      CHECK(activity.at(j, i, ActivityMeasure::Weight) == values(j, i));
    }
  }
  CHECK_THROWS_WITH(UnitActivity::of_code(code, 3), ContainsSubstring("UnitActivity latent"));
}

}  // namespace unit_activity_test
