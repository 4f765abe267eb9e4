// SPDX-License-Identifier: MIT
#include <parsae/analysis/incomplete_beta.hpp>

#include <support/close_to.hpp>

namespace incomplete_beta_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("the incomplete beta function against 60 digits") {
  // mpmath, 60 digits: log of betainc(a, b, 0, x, regularized=True); with a or b above 1000 from
  // x^a (1 - x)^b / (a B(a, b)) 2F1(a + b, 1; a + 1; x). x is the double that is written.
  const struct {
    double a, b, x, log_value;
  } cases[] = {
      {0.5, 0.5, 0.25, -1.0986122886681098},        {2, 3, 0.5, -0.3746934494414107},
      {10, 0.5, 0.9, -1.8862399897057935},          {0.5, 10, 0.001, -2.1972949619369},
      {100, 200, 0.1, -63.45029211385008},          {100, 200, 0.4, -0.008350302006952219},
      {5000, 0.5, 0.99, -52.78974504078452},        {3, 7, 1e-30, -202.8018415706208},
      {20000, 30000, 0.41, -2.646919604042211e-06}, {20000, 30000, 0.3, -1133.8612797823164},
      {1e6, 0.5, 0.999999, -1.8496058398424664},    {0.01, 0.02, 0.7, -0.3971442027599433},
  };
  for (const auto& c : cases) {
    INFO("a " << c.a << ", b " << c.b << ", x " << c.x);
    CHECK_THAT(log_incomplete_beta(c.a, c.b, c.x, 1 - c.x), WithinAbs(c.log_value, 1e-11 - 1e-15 * c.log_value));
  }
}

TEST_CASE("closed forms of the incomplete beta function") {
  for (const double x : {1e-12, 0.1, 0.5, 0.77, 0.999}) {
    // I_x(a, 1) = x^a, I_x(1, b) = 1 - (1 - x)^b, I_x(1/2, 1/2) = 2 asin(sqrt(x)) / pi
    // (b = 1: by the fraction of Gauss above x = 1/2)
    CHECK_THAT(log_incomplete_beta(3.5, 1, x, 1 - x), test::close_to(3.5 * std::log(x), 1e-13));
    CHECK_THAT(log_incomplete_beta(1, 3.5, x, 1 - x),
               test::close_to(std::log(-std::expm1(3.5 * std::log1p(-x))), 1e-13));
    CHECK_THAT(log_incomplete_beta(0.5, 0.5, x, 1 - x),
               test::close_to(std::log(2 * std::asin(std::sqrt(x)) / std::numbers::pi), 1e-13));
    // I_x(a, b) + I_y(b, a) = 1
    const double both = std::exp(log_incomplete_beta(4, 9, x, 1 - x)) + std::exp(log_incomplete_beta(9, 4, 1 - x, x));
    CHECK_THAT(both, WithinAbs(1, 1e-13));
  }
}

TEST_CASE("a complement that no difference could give") {
  // I_x(1/2, b) = 1 - (tiny): y = 1e-40 is 1 - x only in words.
  CHECK_THAT(log_incomplete_beta(2, 3, 1e-40, 1), test::close_to(2 * std::log(1e-40) + std::log(6.0), 1e-13));
  CHECK_THAT(log_incomplete_beta(2, 1e-3, 1, 1e-40),
             WithinAbs(std::log1p(-std::exp(log_incomplete_beta(1e-3, 2, 1e-40, 1))), 1e-12));
  CHECK(log_incomplete_beta(2, 3, 1, 0) == 0);
  CHECK(log_incomplete_beta(2, 3, 0, 1) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("arguments of the incomplete beta function that mean nothing are refused") {
  CHECK_THROWS_WITH(log_incomplete_beta(0, 1, 0.5, 0.5), ContainsSubstring("log_incomplete_beta a"));
  CHECK_THROWS_WITH(log_incomplete_beta(1, std::nan(""), 0.5, 0.5), ContainsSubstring("log_incomplete_beta b"));
  CHECK_THROWS_WITH(log_incomplete_beta(1, 1, 1.5, 0.5), ContainsSubstring("log_incomplete_beta x"));
  CHECK_THROWS_WITH(log_incomplete_beta(1, 1, 0.5, -0.5), ContainsSubstring("log_incomplete_beta y"));
  CHECK_THROWS_WITH(log_incomplete_beta(1, 1, 0.5, 0.6), ContainsSubstring("log_incomplete_beta y: expected 1 - x"));
}

}  // namespace incomplete_beta_test
