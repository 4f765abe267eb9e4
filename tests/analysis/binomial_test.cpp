// SPDX-License-Identifier: MIT
#include <parsae/analysis/binomial.hpp>

#include <support/close_to.hpp>

namespace binomial_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

constexpr double nothing = -std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("binomial probabilities against exact integers") {
  // Python integers: all terms n over k a^k (b - a)^(n - k) for the double p = a / b, summed exactly; the log in 60
  // digits. Two-sided: the terms of at most (1 + 1e-7) times that of k.
  const struct {
    Index n, k;
    double p, log_probability, log_lower, log_upper, log_two_sided;
  } cases[] = {
      {10, 3, 0.5, -2.1439800628174073, -1.7609878105613013, -0.05623971832287608, -1.067840630001356},
      {10, 8, 0.25, -7.859056544092367, -2.9564340829411335e-05, -7.785301367849872, -7.785301367849872},
      {20, 0, 0.3, -7.133498878774647, -7.133498878774647, 0.0, -6.85045885296603},
      {20, 20, 0.3, -24.07945608651872, 0.0, -24.07945608651872, -24.07945608651872},
      {50, 5, 0.1, -1.6878070997086407, -0.4843086475194992, -0.5642235995635926, 0.0},
      {500, 40, 0.05, -6.763305714616905, -0.001546749361999251, -5.914149057053739, -5.561047916109965},
      {500, 400, 0.05, -956.3318539390002, 0.0, -956.3186441654249, -956.3186441654249},
      {500, 3, 0.05, -17.63390932930428, -17.51745582097872, -2.712539016357311e-09, -16.841386035846316},
      {2000, 1000, 0.0125, -3012.3374233432614, 0.0, -3012.324697452657, -3012.324697452657},
      {1500, 700, 0.5, -7.216148898923567, -5.24389968879582, -0.004555361558174755, -4.550752508235875},
      {1, 1, 0.5, -0.6931471805599453, 0.0, -0.6931471805599453, 0.0},
      {12, 5, 0.5, -1.643204774904918, -0.9487957645245504, -0.2154825422392704, -0.2556485839646051},
  };
  for (const auto& c : cases) {
    INFO(c.k << " of " << c.n << " at " << c.p);
    const Binomial binomial(c.n, c.p);
    CHECK_THAT(binomial.log_probability(c.k), WithinAbs(c.log_probability, 1e-11));
    CHECK_THAT(binomial.log_lower_tail(c.k), WithinAbs(c.log_lower, 1e-11));
    CHECK_THAT(binomial.log_upper_tail(c.k), WithinAbs(c.log_upper, 1e-11));
    CHECK_THAT(binomial.log_two_sided(c.k), WithinAbs(c.log_two_sided, 1e-11));
  }
}

TEST_CASE("probabilities add up, tails are their sums, and both sides are what is no more probable") {
  for (const double p : {0.03, 0.4, 0.5, 0.97}) {
    for (const Index n : {1, 2, 9, 30}) {
      const Binomial binomial(n, p);
      double total = 0;
      for (Index k = 0; k <= n; ++k) {
        double upper = 0;
        double both = 0;
        for (Index i = 0; i <= n; ++i) {
          const double probability = std::exp(binomial.log_probability(i));
          if (i >= k) upper += probability;
          if (probability <= std::exp(binomial.log_probability(k)) * (1 + 1e-7)) both += probability;
        }
        total += std::exp(binomial.log_probability(k));
        REQUIRE_THAT(std::exp(binomial.log_upper_tail(k)), WithinAbs(upper, 1e-12));
        REQUIRE_THAT(std::exp(binomial.log_lower_tail(k - 1)), WithinAbs(1 - upper, 1e-12));
        REQUIRE_THAT(std::exp(binomial.log_two_sided(k)), WithinAbs(both, 1e-12));
      }
      CHECK_THAT(total, WithinAbs(1, 1e-12));
    }
  }
}

TEST_CASE("sure and impossible outcomes") {
  CHECK(Binomial(5, 0).log_probability(0) == 0);
  CHECK(Binomial(5, 0).log_upper_tail(1) == nothing);
  CHECK(Binomial(5, 0).log_two_sided(2) == nothing);
  CHECK(Binomial(5, 0).log_two_sided(0) == 0);
  CHECK(Binomial(5, 1).log_probability(5) == 0);
  CHECK(Binomial(5, 1).log_lower_tail(4) == nothing);
  CHECK(Binomial(5, 1).log_two_sided(5) == 0);
  CHECK(Binomial(5, 1).log_two_sided(0) == nothing);
  CHECK(Binomial(0, 0.3).log_two_sided(0) == 0);
  CHECK(Binomial(5, 0.3).log_probability(6) == nothing);
  CHECK(Binomial(5, 0.3).log_probability(-1) == nothing);
  CHECK(Binomial(5, 0.3).log_upper_tail(6) == nothing);
  CHECK(Binomial(5, 0.3).log_upper_tail(0) == 0);
  CHECK(Binomial(5, 0.3).log_lower_tail(-1) == nothing);
  CHECK(Binomial(5, 0.3).log_lower_tail(5) == 0);
  CHECK_THROWS_WITH(Binomial(-1, 0.3), ContainsSubstring("Binomial trials"));
  CHECK_THROWS_WITH(Binomial(5, 1.3), ContainsSubstring("Binomial probability"));
  CHECK_THROWS_WITH(Binomial(5, 0.3).log_two_sided(6), ContainsSubstring("Binomial k"));
}

}  // namespace binomial_test
