// SPDX-License-Identifier: MIT
#include <parsae/steering/control_draws.hpp>

#include <support/catch.hpp>

#include <set>

namespace control_draws_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr UnitGrid grid{.n_layers = 3, .per_layer = 20};

/// Usage that rises with the place, so that stratum = place / 2 with ten strata.
Vector<double> rising_usage() {
  Vector<double> usage(grid.n_units());
  for (Index unit = 0; unit < grid.n_units(); ++unit) usage[unit] = static_cast<double>(grid.place_of(unit));
  return usage;
}

}  // namespace

TEST_CASE("random draws are different units, and every unit is as likely") {
  const ControlDraws draws({.grid = grid, .seed = 3});
  Vector<double> times = Vector<double>::Zero(grid.n_units());
  for (std::uint64_t draw = 0; draw < 3000; ++draw) {
    const std::vector<Index> units = draws.random(10, draw);
    CHECK(std::set<Index>(units.begin(), units.end()).size() == 10);
    for (const Index unit : units) times[unit] += 1;
  }
  // 500 expected, standard deviation 20.4.
  CHECK(times.minCoeff() > 400);
  CHECK(times.maxCoeff() < 600);
  CHECK(draws.random(10, 5) == draws.random(10, 5));
  CHECK(draws.random(10, 5) != draws.random(10, 6));
  CHECK(draws.random(10, 5) != ControlDraws({.grid = grid, .seed = 4}).random(10, 5));
  CHECK(draws.random(60, 0).size() == 60);
}

TEST_CASE("matched draws keep layer and stratum and never name a target") {
  const ControlDraws draws({.grid = grid, .seed = 3});
  const std::vector<Index> targets{grid.unit(0, 4), grid.unit(0, 18), grid.unit(2, 7), grid.unit(2, 0)};
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    const std::vector<Index> units = draws.matched(targets, rising_usage(), draw);
    REQUIRE(units.size() == targets.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      CHECK(units[i] != targets[i]);
      CHECK(grid.layer_of(units[i]) == grid.layer_of(targets[i]));
      CHECK(grid.place_of(units[i]) / 2 == grid.place_of(targets[i]) / 2);
    }
  }
}

TEST_CASE("an empty stratum falls back to the nearest, an empty layer to another") {
  const ControlDraws draws({.grid = grid});
  const std::vector<Index> units = draws.matched({grid.unit(1, 4), grid.unit(1, 5)}, rising_usage(), 0);
  for (const Index unit : units) {
    CHECK(grid.layer_of(unit) == 1);
    const Index stratum = grid.place_of(unit) / 2;
    CHECK((stratum == 1 || stratum == 3));
  }
  std::vector<Index> layer;
  for (Index place = 0; place < grid.per_layer; ++place) layer.push_back(grid.unit(0, place));
  const std::vector<Index> elsewhere = draws.matched(layer, rising_usage(), 0);
  CHECK(std::set<Index>(elsewhere.begin(), elsewhere.end()).size() == layer.size());
  for (std::size_t i = 0; i < layer.size(); ++i) {
    CHECK(grid.layer_of(elsewhere[i]) != 0);
    CHECK(grid.place_of(elsewhere[i]) / 2 == grid.place_of(layer[i]) / 2);
  }
}

TEST_CASE("the last stratum of a layer is nearer than any of another layer") {
  const ControlDraws draws({.grid = grid});
  std::vector<Index> targets;
  for (Index place = 0; place < 18; ++place) targets.push_back(grid.unit(0, place));
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    const std::vector<Index> units = draws.matched(targets, rising_usage(), draw);
    CHECK(grid.layer_of(units[0]) == 0);
    CHECK(grid.layer_of(units[1]) == 0);
    CHECK(grid.layer_of(units[2]) != 0);
  }
}

TEST_CASE("each target is drawn for by itself") {
  const ControlDraws draws({.grid = grid, .n_strata = 1});
  Index n_alike = 0;
  for (std::uint64_t draw = 0; draw < 100; ++draw) {
    const std::vector<Index> units = draws.matched({grid.unit(0, 4), grid.unit(1, 4)}, rising_usage(), draw);
    n_alike += grid.place_of(units[0]) == grid.place_of(units[1]);
  }
  CHECK(n_alike < 20);  // 5.3 expected
}

TEST_CASE("one stratum matches the layer alone") {
  const ControlDraws draws({.grid = grid, .n_strata = 1});
  std::set<Index> places;
  for (std::uint64_t draw = 0; draw < 200; ++draw) {
    const Index unit = draws.matched({grid.unit(1, 4)}, rising_usage(), draw).front();
    CHECK(grid.layer_of(unit) == 1);
    places.insert(grid.place_of(unit));
  }
  CHECK(places.size() == 19);
}

TEST_CASE("draws that cannot be made are refused") {
  CHECK_THROWS_WITH(ControlDraws(ControlDraws::Settings{}), ContainsSubstring("UnitGrid per_layer"));
  CHECK_THROWS_WITH(ControlDraws({.grid = grid, .n_strata = 0}), ContainsSubstring("ControlDraws n_strata"));
  const ControlDraws draws({.grid = grid});
  CHECK_THROWS_WITH(draws.random(61, 0), ContainsSubstring("ControlDraws n"));
  CHECK_THROWS_WITH(draws.matched({60}, rising_usage(), 0), ContainsSubstring("ControlDraws target:"));
  CHECK_THROWS_WITH(draws.matched({0}, Vector<double>::Zero(3), 0), ContainsSubstring("ControlDraws usage"));
  CHECK_THROWS_WITH(draws.matched(draws.random(31, 0), rising_usage(), 0), ContainsSubstring("ControlDraws targets"));
}

}  // namespace control_draws_test
