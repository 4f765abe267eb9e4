// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/chart_axis.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace chart_axis_test {

using namespace parsae_examples;
using Catch::Matchers::WithinAbs;
using Scale = ChartAxis::Scale;

namespace {

ChartAxis axis(Scale scale, double low, double high) {
  ChartAxis made({"bits", scale});
  made.include(low);
  made.include(high);
  return made;
}

void check_ticks(const ChartAxis& made, const std::vector<double>& expected) {
  const std::vector<double> ticks = made.ticks();
  REQUIRE(ticks.size() == expected.size());
  for (std::size_t i = 0; i < ticks.size(); ++i) CHECK_THAT(ticks[i], WithinAbs(expected[i], 1e-12));
}

}  // namespace

TEST_CASE("ticks are round values inside the axis") {
  check_ticks(axis(Scale::Linear, 0, 1), {0, 0.2, 0.4, 0.6, 0.8, 1});
  check_ticks(axis(Scale::Linear, -40, 130), {-50, 0, 50, 100});
  check_ticks(axis(Scale::Log2, 1, 64), {1, 2, 4, 8, 16, 32, 64});
  check_ticks(axis(Scale::Log10, 20, 500), {20, 50, 100, 200, 500});
  check_ticks(axis(Scale::Log10, 0.545, 0.69), {0.55, 0.6, 0.65, 0.7});
  check_ticks(axis(Scale::Log10, 0.9, 1.2), {0.9, 1, 1.1, 1.2});
  check_ticks(axis(Scale::Log2, 4, 4), {4});
  check_ticks(axis(Scale::Log10, 0.01, 100), {0.01, 0.1, 1, 10, 100});
}

TEST_CASE("an axis spaces values by its scale") {
  CHECK_THAT(axis(Scale::Linear, 0, 10).place(5), WithinAbs(0.5, 1e-9));
  CHECK_THAT(axis(Scale::Log2, 1, 64).place(8), WithinAbs(0.5, 1e-9));
  CHECK_THAT(axis(Scale::Log10, 1, 100).place(10), WithinAbs(0.5, 1e-9));
  CHECK(axis(Scale::Linear, 0, 10).place(0) > 0);
  CHECK(axis(Scale::Linear, 0, 10).place(10) < 1);
  CHECK_THAT(axis(Scale::Linear, 3, 3).place(3), WithinAbs(0.5, 1e-9));
}

TEST_CASE("an axis knows what it cannot show") {
  ChartAxis log_axis({"bits", Scale::Log10});
  CHECK_FALSE(log_axis.can_show(0));
  CHECK_FALSE(log_axis.can_show(std::numeric_limits<double>::quiet_NaN()));
  CHECK_THROWS_AS(log_axis.include(-1), std::invalid_argument);
  CHECK(log_axis.ticks().empty());
  CHECK(ChartAxis({"bits", Scale::Linear}).can_show(0));
}

}  // namespace chart_axis_test
