// SPDX-License-Identifier: MIT
#include <parsae/analysis/student_t.hpp>

#include <support/close_to.hpp>

namespace student_t_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("two-sided tails of Student's t against 60 digits") {
  // mpmath, 60 digits: quadrature of the density from |t| on (near 0: of the middle); for 1e5 and 1e60 the
  // hypergeometric series of the incomplete beta function.
  const struct {
    double t, dof, log_p;
  } cases[] = {
      {1, 1, -0.6931471805599453},
      {2.5, 3.7, -2.633564124167238},
      {-2.5, 3.7, -2.633564124167238},
      {0.01, 12, -0.00784507731693725},
      {1.96, 1e6, -2.9958109249415346},
      {40, 50, -89.5847058306412},
      {3, 1000, -5.8900967357704745},
      {1e5, 30, -296.30452510341826},
      {1e60, 2.5, -345.02403831310176},
      {12, 123456, -74.6749868303811},
      {0, 5, 0.0},
      {60, 1e8, -1804.2879962804097},
      {1e-9, 7, -7.699829019609715e-10},
      {3, 9.9e9, -5.914579038463208},
      {3, 1e7, -5.914576578627832},
      {0.7, 5e5, -0.7258199079766624},
      {25, 1e9, -315.9461628590035},
      {17.25, 3e7, -151.85744354874197},
      {3, 1e12, -5.914579040925781},
      {1.75, 1e9, -2.5242508114123785},
      {2, 1e5, -3.0899778242119513},
      {40, 1e6, -803.2751775697873},
      {1.7, 1e14, -2.4176489169925013},
  };
  for (const auto& c : cases) {
    INFO("t " << c.t << ", dof " << c.dof);
    CHECK_THAT(log_student_t_two_sided(c.t, c.dof), WithinAbs(c.log_p, 1e-10));
    CHECK_THAT(student_t_two_sided(c.t, c.dof), WithinAbs(std::exp(c.log_p), 1e-10 * std::exp(c.log_p)));
  }
}

TEST_CASE("Student's t in closed form at one and two degrees of freedom, and its normal limit") {
  for (const double t : {0.2, 1.0, 7.0, 300.0}) {
    CHECK_THAT(student_t_two_sided(t, 1), test::close_to(2 * std::atan(1 / t) / std::numbers::pi, 1e-14));
    CHECK_THAT(student_t_two_sided(t, 2), test::close_to(1 - t / std::sqrt(2 + t * t), 1e-14));
  }
  CHECK_THAT(log_student_t_two_sided(3, 1e15), WithinAbs(log_normal_two_sided(3), 1e-11));
  CHECK(log_student_t_two_sided(3, INFINITY) == log_normal_two_sided(3));
}

TEST_CASE("no overflow: infinite and enormous t") {
  CHECK(student_t_two_sided(INFINITY, 4) == 0);
  CHECK(log_student_t_two_sided(-INFINITY, 4) == -INFINITY);
  const double enormous = log_student_t_two_sided(1e300, 4);
  CHECK(std::isfinite(enormous));
  CHECK(enormous <= log_student_t_two_sided(1e140, 4));
  CHECK_THROWS_WITH(log_student_t_two_sided(1, 0), ContainsSubstring("dof"));
  CHECK_THROWS_WITH(log_student_t_two_sided(std::nan(""), 1), ContainsSubstring("log_student_t_two_sided t"));
}

}  // namespace student_t_test
