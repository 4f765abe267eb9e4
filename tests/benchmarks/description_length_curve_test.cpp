// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <cmath>
#include <vector>

#include "../../benchmarks/description_length/curve.hpp"

namespace description_length_curve_test {

namespace {

using namespace parsae_benchmarks::description_length;

/// Points whose bits fall by a tenth with every place while the FVU grows by a third; validation samples are a little
/// better.
struct Straight {
  std::vector<int> trained{};

  Curve curve() {
    return Curve([this](int place) {
      trained.push_back(place);
      Trained point;
      point.test[1].fvu = 0.1 * std::pow(4.0 / 3, place);
      point.test[1].bits_presence = 60 * std::pow(0.9, place);
      point.test[1].bits_value = 20 * std::pow(0.9, place);
      point.test[1].l0 = 16 - place;
      point.validation[1] = point.test[1];
      point.validation[1].fvu *= 0.9;
      return point;
    });
  }
};

}  // namespace

TEST_CASE("a message between two operating points is interpolated along log bits against log FVU") {
  Straight straight;
  Curve curve = straight.curve();
  for (const double place : {-1.0, -0.6, 0.0, 0.25, 2.9}) {
    CAPTURE(place);
    const Curve::Crossing crossing = curve.at_fvu(0.1 * std::pow(4.0 / 3, place) * (1 + 1e-12), &Trained::test, 1);
    CHECK(std::abs(crossing.place - place) < 1e-9);
    CHECK(std::abs(crossing.message.bits() - 80 * std::pow(0.9, place)) < 1e-9);
    CHECK(std::abs(crossing.message.bits_value - 20 * std::pow(0.9, place)) < 1e-9);
    CHECK(std::abs(crossing.message.l0 - (16 - place)) < 1e-9);
  }
  CHECK(std::abs(curve.at_fvu(0.09, &Trained::validation, 1).place) < 1e-9);
}

TEST_CASE("an operating point is trained once, and none that is not needed") {
  Straight straight;
  Curve curve = straight.curve();
  CHECK(std::abs(curve.at_fvu(0.11, &Trained::test, 1).message.bits()) > 0);
  CHECK(straight.trained == std::vector<int>{0, 1});
  CHECK(std::abs(curve.at_fvu(0.12, &Trained::test, 1).message.bits()) > 0);
  CHECK(straight.trained == std::vector<int>{0, 1});
  CHECK(std::abs(curve.at_fvu(0.15, &Trained::test, 1, 3).message.bits()) > 0);
  CHECK(straight.trained == std::vector<int>{0, 1, 3, 2});
  CHECK(curve.points().size() == 4);
}

TEST_CASE("an FVU that no operating point reaches has no bits") {
  Straight straight;
  Curve curve = straight.curve();
  CHECK(std::isnan(curve.at_fvu(1e-6, &Trained::test, 1).message.bits()));
  CHECK(std::isnan(curve.at_fvu(1e6, &Trained::test, 1).message.bits()));
  // Dense points diverge: those beyond them are looked at, not believed.
  Curve diverging([](int place) {
    Trained point;
    if (place > 0) point.test[1] = {.fvu = 0.1 * place, .bits_presence = 1, .bits_value = 1};
    return point;
  });
  CHECK(std::isnan(diverging.at_fvu(0.05, &Trained::test, 1).place));
  CHECK(std::abs(diverging.at_fvu(0.15, &Trained::test, 1, 2).place - (1 + std::log(1.5) / std::log(2))) < 1e-9);
}

TEST_CASE("a code that collapsed is no neighbor") {
  for (const bool has_bits : {false, true}) {
    Curve collapsing([&](int place) {
      const bool is_whole = place <= 0;
      const double bits = is_whole || has_bits ? 10 : 0;
      Trained point;
      point.test[1] = {.fvu = is_whole ? 0.1 : has_bits ? 0.21 : 0.19, .bits_presence = bits, .bits_value = bits};
      return point;
    });
    CHECK(std::isnan(collapsing.at_fvu(0.15, &Trained::test, 1).message.bits()));
  }
}

}  // namespace description_length_curve_test
