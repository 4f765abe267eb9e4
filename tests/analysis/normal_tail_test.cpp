// SPDX-License-Identifier: MIT
#include <parsae/analysis/normal_tail.hpp>

#include <support/close_to.hpp>

namespace normal_tail_test {

using namespace parsae;
using Catch::Matchers::WithinAbs;

TEST_CASE("normal tails against erfc in 60 digits") {
  // mpmath, 60 digits: erfc(z / sqrt(2)) / 2, and its log; the log at 1e8 from the asymptotic series.
  const struct {
    double z, tail, log_tail;
  } cases[] = {
      {-10, 1.0, -7.619853024160525e-24},
      {-1.5, 0.9331927987311419, -0.06914345561223398},
      {0, 0.5, -0.6931471805599453},
      {0.3, 0.3820885778110474, -0.9621028181688507},
      {1.96, 0.024997895148220435, -3.688963651729639},
      {5, 2.866515718791939e-07, -15.064998393988725},
      {12, 1.776482112077679e-33, -75.4106730015688},
      {29.5, 1.4394745522291793e-191, -439.42947460915025},
      {31, 2.6952500812005002e-211, -484.85396362717927},
      {100, 0.0, -5005.524208694205},
      {1e8, 0.0, -5000000000000019.0},
  };
  for (const auto& c : cases) {
    CHECK_THAT(normal_upper_tail(c.z), WithinAbs(c.tail, 1e-12 * c.tail));
    CHECK_THAT(log_normal_upper_tail(c.z),
               WithinAbs(c.log_tail, 1e-12 * std::min(-c.log_tail, 100.0) - 1e-15 * c.log_tail));
    CHECK(log_normal_two_sided(c.z) == log_normal_two_sided(-c.z));
  }
  CHECK_THAT(log_normal_two_sided(0), WithinAbs(0, 1e-15));
  CHECK_THAT(log_normal_two_sided(-1.96), WithinAbs(std::log(2 * 0.024997895148220435), 1e-12));
}

TEST_CASE("both ways to a normal tail agree where one takes over, and tails add up") {
  CHECK_THAT(log_normal_upper_tail(30.000001), WithinAbs(std::log(normal_upper_tail(30.000001)), 1e-11));
  for (const double z : {0.1, 1.0, 3.0}) CHECK_THAT(normal_upper_tail(z) + normal_upper_tail(-z), WithinAbs(1, 1e-15));
  CHECK(std::isnan(log_normal_upper_tail(std::nan(""))));
  CHECK(log_normal_upper_tail(INFINITY) == -INFINITY);
  CHECK(log_normal_upper_tail(-INFINITY) == 0);
}

}  // namespace normal_tail_test
