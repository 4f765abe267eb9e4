// SPDX-License-Identifier: MIT
#include <parsae/losses/aux_k.hpp>
#include <parsae/sparse/walk.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace aux_k_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("AuxK is the squared error relative to the residual's variation, and so is its gradient", "[aux_k]") {
  const Matrix<double> residual = test::random_matrix<double>(4, 6, 1);
  const Matrix<double> recon = test::random_matrix<double>(4, 6, 2);
  Matrix<double> d_recon = Matrix<double>::Constant(4, 6, 99);
  const double loss = AuxK({.coefficient = 0.25}).add<double>(residual, recon, 3.5, d_recon);
  double expected = 0;
  for (Index i = 0; i < 6; ++i) {
    for (Index p = 0; p < 4; ++p) {
      const double error = recon(p, i) - residual(p, i);
      expected += 0.25 * error * error / 3.5;
      CHECK_THAT(d_recon(p, i), test::close_to(2 * 0.25 * error / 3.5, 1e-14));
    }
  }
  CHECK_THAT(loss, test::close_to(expected, 1e-14));
  Matrix<double> ignored(4, 6);
  CHECK_THAT(AuxK({.coefficient = 0.5}).add<double>(residual, recon, 3.5, ignored), test::close_to(2 * loss, 1e-14));
}

TEST_CASE("AuxK is 0, not NaN, where the residual has no variation", "[aux_k]") {
  const Matrix<float> residual = Matrix<float>::Constant(3, 5, 0.5f);
  const Matrix<float> recon = test::random_matrix<float>(3, 5, 2);
  Matrix<float> d_recon = Matrix<float>::Constant(3, 5, 99);
  CHECK(AuxK().add<float>(residual, recon, 0.0, d_recon) == 0);
  CHECK(d_recon.isZero(0));
}

TEST_CASE("AuxK makes dead latents eligible", "[aux_k]") {
  Buffer<std::uint8_t> dead(5, 0);
  dead[1] = dead[4] = 1;
  Buffer<std::uint8_t> eligible(5, 1);
  CHECK(AuxK().mark_eligible({dead.slice(), 2}, eligible.slice()) == 2);
  CHECK(eligible == dead);
}

TEST_CASE("AuxK selects k_aux dead latents a sample, by default half as many as outputs, at most all", "[aux_k]") {
  const Matrix<double> inputs = Matrix<double>::Ones(1, 2);
  Matrix<double> w_enc(1, 20);
  Buffer<std::uint8_t> eligible(20, 0);
  for (Index j = 0; j < 20; ++j) {
    w_enc(0, j) = 1 + static_cast<double>(j);  // the higher the latent, the larger
    eligible[j] = j % 2 == 0;
  }
  const auto selected = [&](const AuxK& loss, Index n_outputs, Index n_eligible) {
    Walk<double, TopKSelection<double>> walk;
    SparseCode<double> code;
    const auto rule = loss.select<double>(2, n_outputs, eligible.slice(), n_eligible);
    walk.run(inputs, w_enc, Vector<double>::Zero(20), Threads(1), rule, code);
    return code;
  };
  const SparseCode<double> three = selected(AuxK({.k_aux = 3}), 8, 10);
  REQUIRE(three.stored() == 6);
  CHECK(three.latents[0] == 14);
  CHECK(three.latents[1] == 16);
  CHECK(three.latents[2] == 18);
  CHECK(selected(AuxK(), 8, 10).count_of(0) == 4);
  CHECK(selected(AuxK(), 1, 10).count_of(1) == 1);
  CHECK(selected(AuxK({.k_aux = 64}), 8, 10).count_of(0) == 10);
  CHECK(selected(AuxK({.k_aux = 3}), 8, 0).stored() == 0);
}

TEST_CASE("AuxK refuses settings that mean nothing", "[aux_k]") {
  CHECK_THROWS_WITH(AuxK({.coefficient = -1}), ContainsSubstring("AuxK coefficient"));
  CHECK_THROWS_AS(AuxK({.coefficient = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  CHECK_THROWS_WITH(AuxK({.k_aux = -2}), ContainsSubstring("AuxK k_aux") && ContainsSubstring("got -2"));
}

}  // namespace aux_k_test
