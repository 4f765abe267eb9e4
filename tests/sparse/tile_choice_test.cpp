// SPDX-License-Identifier: MIT
#include <parsae/sparse/tile_choice.hpp>

#include <support/catch.hpp>

namespace tile_choice_test {

using namespace parsae;

TEST_CASE("an entry costs more when its column comes from memory") {
  CHECK(TileChoice<float>::entry_cost(4096, 1024) == 3);
  CHECK(TileChoice<float>::entry_cost(4097, 1024) == 8);
  CHECK(TileChoice<double>::entry_cost(2048, 1024) == 3);
  CHECK(TileChoice<double>::entry_cost(2049, 1024) == 8);
}

TEST_CASE("tiles are preferred once the entries cost as much as all of the tiles") {
  using Choice = TileChoice<float>;
  constexpr Index rows = 10 * PanelProduct<float>::samples;
  constexpr Index columns = 24 * PanelProduct<float>::latents;
  for (const Index cost : {3, 8}) {
    CAPTURE(cost);
    CHECK(Choice::prefers_tiles(rows * columns / cost, rows, columns, cost));
    CHECK_FALSE(Choice::prefers_tiles(rows * columns / cost - 1, rows, columns, cost));
    CHECK_FALSE(Choice::prefers_tiles(rows * columns / cost, rows + 1, columns, cost));
    CHECK_FALSE(Choice::prefers_tiles(rows * columns / cost, rows, columns + 1, cost));
  }
  CHECK_FALSE(Choice::prefers_tiles(0, 0, 0, 8));
}

}  // namespace tile_choice_test
