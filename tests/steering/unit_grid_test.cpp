// SPDX-License-Identifier: MIT
#include <parsae/steering/unit_grid.hpp>

#include <support/catch.hpp>

namespace unit_grid_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("units are numbered layer by layer") {
  const UnitGrid grid{.n_layers = 3, .per_layer = 5};
  CHECK(grid.n_units() == 15);
  Index expected = 0;
  for (Index layer = 0; layer < 3; ++layer) {
    for (Index place = 0; place < 5; ++place) {
      CHECK(grid.unit(layer, place) == expected);
      CHECK(grid.layer_of(expected) == layer);
      CHECK(grid.place_of(expected) == place);
      ++expected;
    }
  }
}

TEST_CASE("a grid without units is refused") {
  CHECK_NOTHROW((UnitGrid{.n_layers = 1, .per_layer = 1}).check());
  CHECK_THROWS_WITH((UnitGrid{.n_layers = 0, .per_layer = 1}).check(), ContainsSubstring("UnitGrid n_layers"));
  CHECK_THROWS_WITH(UnitGrid{}.check(), ContainsSubstring("UnitGrid per_layer"));
}

}  // namespace unit_grid_test
