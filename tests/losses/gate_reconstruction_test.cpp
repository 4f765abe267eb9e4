// SPDX-License-Identifier: MIT
#include <parsae/losses/gate_reconstruction.hpp>

#include <support/close_to.hpp>
#include <support/walk_case.hpp>

#include <limits>

namespace gate_reconstruction_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using test::close_to;

static_assert(GateReconstruction::target == AuxiliaryTarget::Full);
static_assert(GateReconstruction::decoder == AuxiliaryDecoder::Frozen);
static_assert(GateReconstruction::needs_gate);

TEST_CASE("GateReconstruction is the weighted squared error, and so is its gradient") {
  const Matrix<double> target = test::random_matrix<double>(4, 6, 1);
  const Matrix<double> recon = test::random_matrix<double>(4, 6, 2);
  const double weights[] = {0.25, 0, 0.5, 1, 0.125, 0.25};
  Matrix<double> d_recon = Matrix<double>::Constant(4, 6, 99);
  const double loss = GateReconstruction({.coefficient = 0.5}).add<double>(target, recon, {weights, 6}, d_recon);
  double expected = 0;
  for (Index i = 0; i < 6; ++i)
    for (Index p = 0; p < 4; ++p) {
      const double error = recon(p, i) - target(p, i);
      expected += 0.5 * weights[i] * error * error;
      CHECK_THAT(d_recon(p, i), close_to(2 * 0.5 * weights[i] * error, 1e-14));
    }
  CHECK_THAT(loss, close_to(expected, 1e-14));
  Matrix<double> ignored(4, 6);
  CHECK_THAT(GateReconstruction().add<double>(target, recon, {weights, 6}, ignored), close_to(2 * loss, 1e-14));
}

TEST_CASE("GateReconstruction takes every open gate of every latent, with its pre-activation") {
  const test::WalkCase<float> input = test::WalkCase<float>::random(5, 40, 30);
  Buffer<std::uint8_t> eligible(40, 0);
  const GateReconstruction loss;
  CHECK(loss.mark_eligible({}, eligible.slice()) == 40);
  CHECK(eligible == Buffer<std::uint8_t>(40, 1));
  const SparseCode<float> code = input.code(loss.select<float>(30, 5, eligible.slice(), 40));
  CHECK(test::first_difference(code, test::reference_relu(input.pre_acts())) == "");
}

TEST_CASE("GateReconstruction refuses coefficients that mean nothing") {
  CHECK_THROWS_WITH(GateReconstruction({.coefficient = -1}), ContainsSubstring("GateReconstruction coefficient"));
  CHECK_THROWS_AS(GateReconstruction({.coefficient = std::numeric_limits<double>::infinity()}), std::invalid_argument);
  CHECK(GateReconstruction().settings().coefficient == 1);
}

}  // namespace gate_reconstruction_test
