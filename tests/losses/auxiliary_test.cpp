// SPDX-License-Identifier: MIT
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/aux_zipf.hpp>
#include <parsae/losses/auxiliary.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/mean_squared_error.hpp>

#include <support/catch.hpp>

namespace auxiliary_test {

using namespace parsae;

namespace {

/// AuxK's members with another claim about its target: the wrong `add` for it.
struct WrongTarget : AuxK {
  static constexpr AuxiliaryTarget target = AuxiliaryTarget::Full;
};
struct WrongResidual : GateReconstruction {
  static constexpr AuxiliaryTarget target = AuxiliaryTarget::Residual;
};

}  // namespace

TEST_CASE("The auxiliary concept takes losses on either target, and neither a reconstruction loss nor the lack of one",
          "[auxiliary]") {
  STATIC_REQUIRE(AuxiliaryFor<AuxK, float>);
  STATIC_REQUIRE(AuxiliaryFor<AuxK, double>);
  STATIC_REQUIRE(AuxiliaryFor<AuxZipf, float>);
  STATIC_REQUIRE(AuxiliaryFor<GateReconstruction, float>);
  STATIC_REQUIRE(AuxiliaryFor<GateReconstruction, double>);
  STATIC_REQUIRE(!AuxiliaryFor<WrongTarget, float>);
  STATIC_REQUIRE(!AuxiliaryFor<WrongResidual, float>);
  STATIC_REQUIRE(!AuxiliaryFor<MeanSquaredError, float>);
  STATIC_REQUIRE(!AuxiliaryFor<NoAuxiliary, float>);
}

TEST_CASE("A history starts without dead latents and without densities", "[auxiliary]") {
  const LatentHistory history;
  CHECK(history.n_dead == 0);
  CHECK(history.dead.empty());
  CHECK(history.density.empty());
  CHECK(history.rank.empty());
}

}  // namespace auxiliary_test
