// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <cmath>
#include <functional>
#include <limits>

#include "../../benchmarks/allocators/coefficient_search.hpp"

namespace allocators_coefficient_search_test {

namespace {

using namespace parsae_benchmarks;
using Catch::Matchers::ContainsSubstring;

/// Runs a search on L0 as a function of the coefficient; the number of tries it took.
int run(CoefficientSearch& search, const std::function<double(double)>& l0) {
  int tries = 0;
  while (const auto coefficient = search.next()) {
    REQUIRE(++tries < 100);
    CHECK(*coefficient > 0);
    search.add(*coefficient, l0(*coefficient));
  }
  return tries;
}

}  // namespace

TEST_CASE("L0 inversely proportional to the coefficient is found with one step") {
  CoefficientSearch search({.target_l0 = 16, .first = 0.5, .tolerance = 0.01});
  CHECK(run(search, [](double c) { return 3.2 / c; }) == 2);
  CHECK(search.is_settled());
  CHECK(std::abs(search.best().coefficient - 0.2) < 1e-9);
}

TEST_CASE("a slope that is known is followed, and one that is seen is told") {
  const auto l0 = [](double c) { return 16 * std::pow(c / 0.2, -2); };
  CoefficientSearch told({.target_l0 = 16, .first = 0.5, .slope = -2, .tolerance = 0.01});
  CHECK(run(told, l0) == 2);
  CHECK(std::abs(told.best().coefficient - 0.2) < 1e-9);
  CHECK(std::abs(told.slope() + 2) < 1e-9);

  CoefficientSearch untold({.target_l0 = 16, .first = 0.5, .tolerance = 0.01});
  CHECK(untold.slope() == -1);
  CHECK(run(untold, l0) > 2);
  CHECK(std::abs(untold.slope() + 2) < 1e-9);

  // Two tries at one place tell nothing of a slope, nor does an L0 that rises.
  CoefficientSearch close({.target_l0 = 16, .first = 0.2, .slope = -1.5, .tolerance = 1e-6});
  close.add(0.2, 17);
  close.add(0.201, 15);
  CHECK(close.slope() == -1.5);
  close.add(0.4, 30);
  CHECK(close.slope() == -1.5);
  close.add(0.5, 1e-3);
  CHECK(close.slope() == -4);
}

TEST_CASE("every falling power is found within the tolerance, from far away on either side") {
  for (const double power : {0.3, 0.6, 1.0, 2.0}) {
    for (const double start : {1e-4, 1e-2, 10.0}) {
      CoefficientSearch search({.target_l0 = 12, .first = start, .tolerance = 0.02, .most_tries = 25});
      const int tries = run(search, [power](double c) { return 12 * std::pow(c / 0.03, -power); });
      CAPTURE(power, start, tries);
      CHECK(search.is_settled());
      CHECK(std::abs(search.best().l0 / 12 - 1) <= 0.02);
    }
  }
}

TEST_CASE("a curve that saturates and then collapses is bracketed") {
  // Flat at 400 for small coefficients, nothing at all from 1 on.
  const auto l0 = [](double c) { return c >= 1 ? 0.0 : 400 / (1 + std::pow(40 * c, 2.0)); };
  for (const double start : {1e-3, 5.0}) {
    CoefficientSearch search({.target_l0 = 8, .first = start, .tolerance = 0.03, .most_tries = 20});
    run(search, l0);
    CAPTURE(start);
    CHECK(search.is_settled());
  }
}

TEST_CASE("noise around the target costs tries, never the best one") {
  int call = 0;
  const auto noisy = [&](double c) { return 3.2 / c * (++call % 2 == 0 ? 1.04 : 0.96); };
  CoefficientSearch search({.target_l0 = 16, .first = 0.2, .tolerance = 0.001, .most_tries = 7});
  CHECK(run(search, noisy) == 7);
  CHECK_FALSE(search.is_settled());
  double least = 1;
  for (const CoefficientSearch::Try& each : search.tries()) least = std::min(least, std::abs(std::log(each.l0 / 16)));
  CHECK(std::abs(std::log(search.best().l0 / 16)) == least);
}

TEST_CASE("a run that diverged counts as too sparse, so the next coefficient is smaller") {
  CoefficientSearch search({.target_l0 = 16, .first = 1});
  search.add(1, std::numeric_limits<double>::quiet_NaN());
  REQUIRE(search.next().has_value());
  CHECK(*search.next() < 1);
  search.add(0.1, 15.9);
  CHECK(search.is_settled());
  CHECK(search.best().coefficient == 0.1);
  CHECK_FALSE(search.next().has_value());
}

TEST_CASE("no step is larger than a factor of about 8") {
  CoefficientSearch search({.target_l0 = 1, .first = 1});
  search.add(1, 1e6);
  CHECK(*search.next() > 8);
  CHECK(*search.next() < 8.2);
}

TEST_CASE("senseless settings are refused") {
  CHECK_THROWS_WITH(CoefficientSearch({.target_l0 = 0, .first = 1}), ContainsSubstring("target_l0"));
  CHECK_THROWS_WITH(CoefficientSearch({.target_l0 = 1, .first = 0}), ContainsSubstring("CoefficientSearch first"));
  CHECK_THROWS_WITH(CoefficientSearch({.target_l0 = 1, .first = 1, .slope = 0}), ContainsSubstring("slope"));
  CHECK_THROWS_WITH(CoefficientSearch({.target_l0 = 1, .first = 1, .tolerance = 0}), ContainsSubstring("tolerance"));
  CHECK_THROWS_WITH(CoefficientSearch({.target_l0 = 1, .first = 1, .most_tries = 0}), ContainsSubstring("most_tries"));
}

}  // namespace allocators_coefficient_search_test
