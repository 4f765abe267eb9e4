// SPDX-License-Identifier: MIT
#include <parsae/analysis/welch.hpp>
#include <parsae/core/random.hpp>

#include <support/close_to.hpp>

namespace welch_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("Welch's t and its degrees of freedom: worked numbers") {
  // {1, 2, 3} and {2, 4, 6, 8}: means 2 and 5, s^2 = 1 and 20/3, a = 1/3, b = 5/3:
  // t = -3 / sqrt(2), dof = 4 / ((1/9) / 2 + (25/9) / 3) = 4 / (53/54)
  const WelchTest test({3, 2, 2}, {4, 5, 20});
  CHECK_THAT(test.t, WithinAbs(-3 / std::sqrt(2.0), 1e-14));
  CHECK_THAT(test.dof, WithinAbs(4 * 54.0 / 53, 1e-13));
  CHECK(test.log_p == log_student_t_two_sided(test.t, test.dof));
  const WelchTest turned({4, 5, 20}, {3, 2, 2});
  CHECK(turned.t == -test.t);
  CHECK_THAT(turned.log_p, WithinAbs(test.log_p, 1e-14));
}

TEST_CASE("with equal sizes and spreads it is Student's test") {
  const WelchTest test({10, 1, 9}, {10, 0, 9});
  CHECK_THAT(test.dof, WithinAbs(18, 1e-12));
  CHECK_THAT(test.t, WithinAbs(1 / std::sqrt(0.2), 1e-12));
}

TEST_CASE("groups without spread, and one of the two without") {
  CHECK(WelchTest({5, 2, 0}, {7, 2, 0}).log_p == 0);
  CHECK(WelchTest({5, 3, 0}, {7, 2, 0}).log_p == -INFINITY);
  CHECK(WelchTest({5, 1, 0}, {7, 2, 0}).t == -INFINITY);
  CHECK_THAT(WelchTest({5, 2, 0}, {7, 1, 3}).dof, WithinAbs(6, 1e-12));
  CHECK_THAT(WelchTest({5, 2e-160, 1e-320}, {5, 0, 1e-320}).dof, test::close_to(8, 1e-2));  // squares would vanish
}

TEST_CASE("under no difference, p-values below 1 % come once in a hundred, with unequal spreads and sizes") {
  constexpr int n_tests = 4000;
  int n_small = 0;
  for (std::uint64_t trial = 0; trial < n_tests; ++trial) {
    const Random random(1, trial);
    const auto draw = [&](Index n, double deviation, std::uint64_t first) {
      GroupMoments group{n, 0, 0};
      Vector<double> values(n);
      for (Index i = 0; i < n; ++i) values(i) = deviation * random.normal(first + static_cast<std::uint64_t>(i));
      group.mean = values.mean();
      group.squares = (values.array() - group.mean).square().sum();
      return group;
    };
    n_small += WelchTest(draw(8, 5, 0), draw(40, 1, 100)).log_p < std::log(0.01);
  }
  CHECK_THAT(n_small / double{n_tests}, WithinAbs(0.01, 5 * std::sqrt(0.01 * 0.99 / n_tests)));
}

TEST_CASE("groups that cannot be tested are refused") {
  CHECK_THROWS_WITH(WelchTest({1, 0, 1}, {5, 0, 1}), ContainsSubstring("WelchTest n"));
  CHECK_THROWS_WITH(WelchTest({3, 0, 1}, {1, 0, 1}), ContainsSubstring("WelchTest n"));
  CHECK_THROWS_WITH(WelchTest({3, 0, -1}, {5, 0, 1}), ContainsSubstring("WelchTest squares"));
  CHECK_THROWS_WITH(WelchTest({3, std::nan(""), 1}, {5, 0, 1}), ContainsSubstring("WelchTest mean"));
}

}  // namespace welch_test
