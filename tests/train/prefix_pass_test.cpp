// SPDX-License-Identifier: MIT
#include <parsae/activations/relu.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/nested_prefixes.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/train/prefix_pass.hpp>
#include <parsae/train/sample_pass.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>
#include <support/random_model.hpp>
#include <support/reference_codes.hpp>

#include <vector>

namespace prefix_pass_test {

using namespace parsae;
using test::close_to;
using test::random_matrix;

namespace {

constexpr Index n_latents = 50;
constexpr Index n_outputs = 37;
constexpr Index batch = 130;  // three blocks of 64

SparseCode<double> random_code(double threshold, std::uint64_t stream) {
  return test::reference_threshold<double>(random_matrix<double>(n_latents, batch, stream),
                                           Vector<double>::Constant(n_latents, threshold), 0.1);
}

/// The values of the first `end` latents, the others 0.
Matrix<double> dense(const SparseCode<double>& code, Index end) {
  Matrix<double> values = Matrix<double>::Zero(n_latents, batch);
  for (Index i = 0; i < batch; ++i)
    for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
      if (code.latents[e] < end) values(code.latents[e], i) = code.values[e];
  return values;
}

double squares_about_mean(const Matrix<double>& columns) {
  return (columns.colwise() - columns.rowwise().mean()).squaredNorm();
}

/// What a sample pass leaves.
struct Outcome {
  Branch<double> main;
  Branch<double> auxiliary;
  double loss = 0;
  double auxiliary_loss = 0;
  double fvu = 0;
};

template <class Reconstruction>
Outcome run(const Autoencoder<ReLU<double>>& model, const Reconstruction& reconstruction, double threshold,
            const Matrix<double>& targets, const Vector<double>& weights, int threads) {
  const Objective objective(reconstruction, AuxK({.coefficient = 0.3, .k_aux = 3}));
  SamplePass<ReLU<double>, Objective<Reconstruction, AuxK>> pass;
  Outcome outcome;
  outcome.main.code = random_code(threshold, 5);
  outcome.auxiliary.code = random_code(1, 6);
  StageTimes stages;
  const auto sums = pass.run(model, objective, targets, {weights.data(), batch}, outcome.main, outcome.auxiliary,
                             Threads(threads), stages);
  outcome.loss = sums.reconstruction;
  outcome.auxiliary_loss = sums.auxiliary;
  outcome.fvu = sums.fvu;
  return outcome;
}

Autoencoder<ReLU<double>> random_transcoder() {
  Autoencoder<ReLU<double>> model = test::random_model(ReLU<double>(), 4, n_latents, n_outputs);
  model.output_scale = 0.7;
  return model;
}

}  // namespace

TEST_CASE("every prefix gets the reconstruction, the loss and the gradient of the dense formulas", "[prefix_pass]") {
  const Autoencoder<ReLU<double>> model = random_transcoder();
  const Matrix<double> targets = random_matrix<double>(n_outputs, batch, 13);
  const Vector<double> weights = test::random_vector<double>(batch, 14).cwiseAbs();
  const Matrix<double>& w_dec = model.decoder.w_dec;
  for (const auto& settings : {NestedPrefixes::Settings{{1, 2, 20, 49}, {}}, NestedPrefixes::Settings{{25}, {0.5, 2}},
                               NestedPrefixes::Settings{{10, 30}, {0, 0.25, 1.5}}}) {
    const NestedPrefixes nested(settings);
    const Index n_prefixes = nested.prefix_ends().size() + 1;
    for (const double threshold : {1.5, -0.5, 100.0}) {  // few entries, enough for tiles, none
      CAPTURE(n_prefixes, threshold);
      const Outcome outcome = run(model, nested, threshold, targets, weights, 2);
      const SparseCode<double>& code = outcome.main.code;
      double loss = 0;
      Matrix<double> d_recon = Matrix<double>::Zero(n_outputs, batch);
      Matrix<double> residual;
      for (Index p = n_prefixes; p-- > 0;) {  // the longest first: its gradient is part of all others
        const Index end = p + 1 == n_prefixes ? n_latents : nested.prefix_ends()[p];
        const Index begin = p == 0 ? 0 : nested.prefix_ends()[p - 1];
        const Matrix<double> left = (0.7 * targets - w_dec * dense(code, end)).colwise() - model.decoder.b_dec;
        if (p + 1 == n_prefixes) residual = left;
        loss += nested.prefix_weight(p) * weights.dot(left.colwise().squaredNorm());
        d_recon -= 2 * nested.prefix_weight(p) * left * weights.asDiagonal();
        for (Index j = begin; j < end; ++j) CHECK(outcome.main.d_recon_at(j).isApprox(d_recon, 1e-12));
        const Matrix<double> pull = w_dec.transpose() * d_recon;
        for (Index i = 0; i < batch; ++i)
          for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
            if (code.latents[e] >= begin && code.latents[e] < end)
              REQUIRE_THAT(outcome.main.d_values[e], Catch::Matchers::WithinAbs(pull(code.latents[e], i), 1e-11));
      }
      CHECK(outcome.main.d_recon.isApprox(d_recon, 1e-12));  // b_dec's
      CHECK_THAT(outcome.loss, close_to(loss, 1e-12));
      CHECK_THAT(outcome.fvu, close_to(residual.squaredNorm() / squares_about_mean(0.7 * targets), 1e-12));
      CHECK(outcome.main.d_recon_of_later.size() == static_cast<std::size_t>(n_prefixes - 1));
    }
  }
}

TEST_CASE("the full reconstruction, and AuxK on its residual, have the bits that they have without prefixes",
          "[prefix_pass]") {
  const Autoencoder<ReLU<double>> model = random_transcoder();
  const Matrix<double> targets = random_matrix<double>(n_outputs, batch, 13);
  const Vector<double> weights = Vector<double>::Constant(batch, 1.0 / batch);
  const NestedPrefixes nested({.prefixes = {3, 17, 40}});
  const Outcome plain = run(model, MeanSquaredError(), 1.5, targets, weights, 1);
  REQUIRE_FALSE(plain.main.prefers_tiles(n_outputs));
  REQUIRE(plain.auxiliary_loss > 0);
  for (const int threads : {1, 2, 4}) {
    const Outcome outcome = run(model, nested, 1.5, targets, weights, threads);
    CHECK(outcome.main.recon == plain.main.recon);
    CHECK(outcome.fvu == plain.fvu);
    CHECK(outcome.auxiliary_loss == plain.auxiliary_loss);
    CHECK(outcome.auxiliary.d_recon == plain.auxiliary.d_recon);
    CHECK(outcome.auxiliary.d_values == plain.auxiliary.d_values);
    const Outcome first = run(model, nested, 1.5, targets, weights, 1);
    CHECK(outcome.loss == first.loss);
    CHECK(outcome.loss > plain.loss);
    CHECK(outcome.main.d_values == first.main.d_values);
    for (const Index j : {0, 5, 20, 49}) CHECK(outcome.main.d_recon_at(j) == first.main.d_recon_at(j));
  }
}

TEST_CASE("without prefixes everything has the bits of MeanSquaredError, also in tiles", "[prefix_pass]") {
  const Autoencoder<ReLU<double>> model = random_transcoder();
  const Matrix<double> targets = random_matrix<double>(n_outputs, batch, 13);
  const Vector<double> weights = test::random_vector<double>(batch, 14).cwiseAbs();
  for (const double threshold : {1.5, -0.5}) {
    const Outcome plain = run(model, MeanSquaredError(), threshold, targets, weights, 2);
    const Outcome outcome = run(model, NestedPrefixes(), threshold, targets, weights, 2);
    CHECK(outcome.main.prefers_tiles(n_outputs) == (threshold < 0));
    CHECK(outcome.loss == plain.loss);
    CHECK(outcome.main.recon == plain.main.recon);
    CHECK(outcome.main.d_recon == plain.main.d_recon);
    CHECK(outcome.main.d_values == plain.main.d_values);
    CHECK(&outcome.main.d_recon_at(49) == &outcome.main.d_recon);
  }
}

}  // namespace prefix_pass_test
