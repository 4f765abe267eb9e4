// SPDX-License-Identifier: MIT
#include <parsae/activations/relu.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/train/sample_pass.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>
#include <support/random_model.hpp>
#include <support/reference_codes.hpp>

#include <algorithm>
#include <vector>

namespace sample_pass_test {

using namespace parsae;
using test::close_to;
using test::random_matrix;

namespace {

constexpr Index n_latents = 50;
constexpr Index n_outputs = 37;
constexpr Index batch = 130;  // three blocks of 64
constexpr double alpha = 0.3;

/// Above 1.5 a fifteenth of the entries is stored, above -0.5 two thirds.
SparseCode<double> random_code(double threshold, std::uint64_t stream) {
  return test::reference_threshold<double>(random_matrix<double>(n_latents, batch, stream),
                                           Vector<double>::Constant(n_latents, threshold), 0.1);
}

Matrix<double> dense(const SparseCode<double>& code) {
  Matrix<double> values = Matrix<double>::Zero(n_latents, batch);
  for (Index i = 0; i < batch; ++i)
    for (Index e = code.begin_of(i); e < code.begin_of(i) + code.count_of(i); ++e)
      values(code.latents[e], i) = code.values[e];
  return values;
}

double squares_about_mean(const Matrix<double>& columns) {
  return (columns.colwise() - columns.rowwise().mean()).squaredNorm();
}

/// The largest error of the gradient at the code's values.
double error_of_d_values(const Matrix<double>& dictionary, const Branch<double>& branch) {
  const Matrix<double> expected = dictionary.transpose() * branch.d_recon;
  double error = branch.d_values.size() == branch.code.stored() ? 0 : 1;
  for (Index i = 0; i < batch; ++i)
    for (Index e = branch.code.begin_of(i); e < branch.code.begin_of(i) + branch.code.count_of(i); ++e)
      error = std::max(error, std::abs(branch.d_values[e] - expected(branch.code.latents[e], i)));
  return error;
}

Autoencoder<ReLU<double>> random_transcoder() {
  Autoencoder<ReLU<double>> model = test::random_model(ReLU<double>(), 4, n_latents, n_outputs);
  model.output_scale = 0.7;
  return model;
}

}  // namespace

TEST_CASE("Sparse codes and dense ones get reconstructions, losses and gradients of the dense formulas",
          "[sample_pass]") {
  const Autoencoder<ReLU<double>> model = random_transcoder();
  const Matrix<double> targets = random_matrix<double>(n_outputs, batch, 13);
  const Vector<double> weights = test::random_vector<double>(batch, 14).cwiseAbs();
  const Objective objective(MeanSquaredError(), AuxK({.coefficient = alpha, .k_aux = 3}));

  // One for all, to see that nothing is left from the batch before.
  SamplePass<ReLU<double>, Objective<MeanSquaredError, AuxK>> pass;
  for (const double threshold : {1.5, -0.5})
    for (const double auxiliary_threshold : {-0.5, 1.5, 100.0}) {  // the last without an entry
      std::vector<Buffer<double>> d_values;
      for (const int threads : {1, 2, 4}) {
        CAPTURE(threshold, auxiliary_threshold, threads);
        Branch<double> main;
        Branch<double> auxiliary;
        main.code = random_code(threshold, 5);
        auxiliary.code = random_code(auxiliary_threshold, 6);
        StageTimes stages;
        const auto sums =
            pass.run(model, objective, targets, {weights.data(), batch}, main, auxiliary, Threads(threads), stages);

        REQUIRE(main.prefers_tiles(n_outputs) == (threshold < 0));
        const Matrix<double> recon = (model.decoder.w_dec * dense(main.code)).colwise() + model.decoder.b_dec;
        const Matrix<double> residual = 0.7 * targets - recon;
        CHECK(main.recon.isApprox(recon, 1e-12));
        CHECK(main.d_recon.isApprox(-2 * residual * weights.asDiagonal(), 1e-12));
        CHECK(error_of_d_values(model.decoder.w_dec, main) < 1e-11);
        CHECK_THAT(sums.reconstruction, close_to(weights.dot(residual.colwise().squaredNorm()), 1e-12));
        CHECK_THAT(sums.fvu, close_to(residual.squaredNorm() / squares_about_mean(0.7 * targets), 1e-12));

        d_values.push_back(main.d_values);
        CHECK(d_values.back() == d_values.front());
        REQUIRE(auxiliary.is_used() == (auxiliary_threshold < 100));
        if (!auxiliary.is_used()) {
          CHECK(sums.auxiliary == 0);
          continue;
        }
        REQUIRE(auxiliary.prefers_tiles(n_outputs) == (auxiliary_threshold < 0));
        const double weight = alpha / squares_about_mean(residual);
        const Matrix<double> difference = model.decoder.w_dec * dense(auxiliary.code) - residual;
        CHECK_THAT(sums.auxiliary, close_to(weight * difference.squaredNorm(), 1e-12));
        CHECK(auxiliary.d_recon.isApprox(2 * weight * difference, 1e-12));
        CHECK(error_of_d_values(model.decoder.w_dec, auxiliary) < 1e-11);
      }
    }
}

TEST_CASE("An auxiliary code that reconstructs the full target does so with bias and weights, also when it is empty",
          "[sample_pass]") {
  const Autoencoder<ReLU<double>> model = random_transcoder();
  const Matrix<double> targets = random_matrix<double>(n_outputs, batch, 13);
  const Vector<double> weights = test::random_vector<double>(batch, 14).cwiseAbs();
  const Objective objective(MeanSquaredError(), GateReconstruction({.coefficient = alpha}));
  SamplePass<ReLU<double>, Objective<MeanSquaredError, GateReconstruction>> pass;
  for (const double threshold : {1.5, -0.5, 100.0}) {
    std::vector<Buffer<double>> d_values;
    for (const int threads : {1, 2, 4}) {
      CAPTURE(threshold, threads);
      Branch<double> main;
      Branch<double> auxiliary;
      main.code = random_code(0.5, 5);
      auxiliary.code = random_code(threshold, 6);
      StageTimes stages;
      const auto sums =
          pass.run(model, objective, targets, {weights.data(), batch}, main, auxiliary, Threads(threads), stages);
      REQUIRE(auxiliary.prefers_tiles(n_outputs) == (threshold < 0));
      REQUIRE(auxiliary.is_used() == (threshold < 100));
      const Matrix<double> main_recon = (model.decoder.w_dec * dense(main.code)).colwise() + model.decoder.b_dec;
      const Matrix<double> recon = (model.decoder.w_dec * dense(auxiliary.code)).colwise() + model.decoder.b_dec;
      const Matrix<double> difference = recon - 0.7 * targets;
      CHECK(main.d_recon.isApprox(2 * (main_recon - 0.7 * targets) * weights.asDiagonal(), 1e-12));
      CHECK_THAT(sums.auxiliary, close_to(alpha * weights.dot(difference.colwise().squaredNorm()), 1e-12));
      CHECK(auxiliary.d_recon.isApprox(2 * alpha * difference * weights.asDiagonal(), 1e-12));
      CHECK(error_of_d_values(model.decoder.w_dec, auxiliary) < 1e-11);
      d_values.push_back(auxiliary.d_values);
      CHECK(d_values.back() == d_values.front());
    }
  }
}

}  // namespace sample_pass_test
