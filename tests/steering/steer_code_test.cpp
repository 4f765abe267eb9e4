// SPDX-License-Identifier: MIT
#include <parsae/steering/steer_code.hpp>

#include <analysis/code_fixture.hpp>
#include <support/catch.hpp>

namespace steer_code_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("an empty intervention leaves every bit of a code") {
  const auto code = test::random_code<float>(9, 40, 2);
  CHECK(steer_code(code, Intervention(9)) == code);
  CHECK(steer_code(code, Intervention(9, {.policy = SuppressionPolicy::MaskLogit, .stimulation = 1})) == code);
}

TEST_CASE("suppressed latents lose their share, all others keep their bits") {
  const auto code = test::random_code<double>(9, 40, 2);
  const Matrix<double> before = test::dense(code, 9);
  for (const double share : {0.25, 1.0}) {
    Intervention intervention(9, {.suppression = share});
    intervention.suppress({0, 5});
    const auto steered = steer_code(code, intervention);
    CHECK(steered.latents == code.latents);
    const Matrix<double> after = test::dense(steered, 9);
    for (Index latent = 0; latent < 9; ++latent) {
      const bool is_suppressed = latent == 0 || latent == 5;
      CHECK(after.row(latent) == (is_suppressed ? 1 - share : 1) * before.row(latent));
    }
  }
}

TEST_CASE("stimulated latents are active in every sample, up to its largest activation") {
  const auto code = test::code_from({{{1, 2.0}, {3, 8.0}}, {{0, 4.0}, {2, 1.0}}, {}});
  Intervention intervention(5, {.stimulation = 0.5});
  intervention.stimulate({2, 4});
  const auto steered = steer_code(code, intervention);
  Matrix<double> expected(5, 3);
  expected << 0, 4, 0,  //
      2, 0, 0,          //
      4, 2.5, 0,        //
      8, 0, 0,          //
      4, 2, 0;
  CHECK(test::dense(steered, 5) == expected);
  for (Index i = 0; i < 3; ++i)
    for (Index e = steered.begin_of(i) + 1; e < steered.begin_of(i + 1); ++e)
      CHECK(steered.latents[e - 1] < steered.latents[e]);
}

TEST_CASE("what a code cannot do is refused") {
  const auto code = test::code_from({{{1, 2.0}}});
  CHECK_THROWS_WITH(steer_code(code, Intervention(1)), ContainsSubstring("steer_code latent"));
  Intervention mask(2, {.policy = SuppressionPolicy::MaskLogit});
  mask.suppress(1);
  CHECK_THROWS_WITH(steer_code(code, mask), ContainsSubstring("mask_latents masks before the choice"));
  Intervention idle(2);
  idle.stimulate(0);
  CHECK_THROWS_WITH(steer_code(code, idle), ContainsSubstring("steer_code stimulation"));
}

}  // namespace steer_code_test
