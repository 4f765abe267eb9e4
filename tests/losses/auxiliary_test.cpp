// SPDX-License-Identifier: MIT
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/auxiliary.hpp>
#include <parsae/losses/mean_squared_error.hpp>

#include <support/catch.hpp>

using namespace parsae;

TEST_CASE("The auxiliary concept takes AuxK, and neither a reconstruction loss nor the lack of one", "[auxiliary]") {
  STATIC_REQUIRE(AuxiliaryFor<AuxK, float>);
  STATIC_REQUIRE(AuxiliaryFor<AuxK, double>);
  STATIC_REQUIRE(!AuxiliaryFor<MeanSquaredError, float>);
  STATIC_REQUIRE(!AuxiliaryFor<NoAuxiliary, float>);
}

TEST_CASE("A history starts without dead latents", "[auxiliary]") {
  const LatentHistory history;
  CHECK(history.n_dead == 0);
  CHECK(history.dead.empty());
}
