// SPDX-License-Identifier: MIT
#include <parsae/analysis/linear_probe.hpp>
#include <parsae/data/central_dogma.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace linear_probe_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

/// The `n` components of the largest variance, by power iteration: each among what the ones before have left.
Matrix<float> principal_components(const Matrix<float>& samples, Index n) {
  const Vector<double> mean = samples.cast<double>().rowwise().mean();
  const Matrix<double> centered = samples.cast<double>().colwise() - mean;
  Matrix<double> covariance = centered * centered.transpose();
  Matrix<float> components(n, samples.cols());
  for (Index c = 0; c < n; ++c) {
    Vector<double> direction = Vector<double>::LinSpaced(samples.rows(), 1, 2);
    for (int step = 0; step < 200; ++step) direction = (covariance * direction).normalized();
    components.row(c) = (direction.transpose() * centered).cast<float>();
    covariance -= direction.dot(covariance * direction) * direction * direction.transpose();
  }
  return components;
}

/// X1, X2, X3, A, B1, B2, B3.
Matrix<float> causes(const CentralDogmaSamples& cells) {
  Matrix<float> all(7, cells.rna.cols());
  all << cells.factors, cells.activity, cells.accessible;
  return all;
}

}  // namespace

TEST_CASE("weights solve the normal equations of ridge regression") {
  const Matrix<double> z = test::random_matrix<double>(6, 700, 1);  // more than a block of samples
  const Matrix<double> h = test::random_matrix<double>(3, 700, 2);
  const LinearProbe probe(z, h, {.ridge = 0.3});
  Matrix<double> unit = z.colwise() - z.rowwise().mean();
  for (Index j = 0; j < 6; ++j) unit.row(j) /= std::sqrt(unit.row(j).squaredNorm() / 700);
  const Matrix<double> centered = h.colwise() - h.rowwise().mean();
  const Matrix<double> normal = unit * unit.transpose() / 700 + 0.3 * Matrix<double>::Identity(6, 6);
  CHECK((normal * probe.weights() - unit * centered.transpose() / 700).norm() < 1e-12);
  const Matrix<double> predicted = (probe.weights().transpose() * unit).colwise() + h.rowwise().mean();
  CHECK((probe.predict(z) - predicted).norm() < 1e-10);
}

TEST_CASE("R^2 is one for what is linear, below zero for what is worse than the mean, and scored on other samples") {
  const Matrix<double> z = test::random_matrix<double>(4, 300, 3);
  const Matrix<double> h = ((test::random_matrix<double>(2, 4, 4) * z).array() + 5).matrix();
  const LinearProbe probe(z.leftCols(200).eval(), h.leftCols(200).eval());
  const ProbeScore held_out = probe.score(z.rightCols(100).eval(), h.rightCols(100).eval());
  CHECK_THAT(held_out.r2(0), WithinAbs(1, 1e-5));
  CHECK_THAT(held_out.mean(), WithinAbs(1, 1e-5));
  const ProbeScore wrong = probe.score(z.rightCols(100).eval(), (-h.rightCols(100)).eval());
  CHECK(wrong.r2(1) < -1);

  // Forty latents fit the noise of fifty samples, and only those.
  const Matrix<double> many = test::random_matrix<double>(40, 100, 5);
  const Matrix<double> noise = test::random_matrix<double>(1, 100, 6);
  const LinearProbe fitted(many.leftCols(50).eval(), noise.leftCols(50).eval());
  CHECK(fitted.score(many.leftCols(50).eval(), noise.leftCols(50).eval()).r2(0) > 0.6);
  CHECK(fitted.score(many.rightCols(50).eval(), noise.rightCols(50).eval()).r2(0) < 0);
}

TEST_CASE("R^2 by its definition") {
  const Matrix<float> z = test::random_matrix<float>(3, 60, 7);
  const Matrix<float> h = test::random_matrix<float>(2, 60, 8) + 0.5f * z.topRows(2);
  const LinearProbe probe(z, h);
  const ProbeScore score = probe.score(z, h);
  const Matrix<double> predicted = probe.predict(z);
  for (Index v = 0; v < 2; ++v) {
    const Vector<double> truth = h.row(v).transpose().cast<double>();
    const double error = (truth.transpose() - predicted.row(v)).squaredNorm();
    CHECK_THAT(score.r2(v), test::close_to(1 - error / (truth.array() - truth.mean()).square().sum(), 1e-10));
  }
  CHECK_THAT(score.mean(), test::close_to((score.r2(0) + score.r2(1)) / 2, 1e-12));
}

TEST_CASE("constant variables are said; constant and copied latents do no harm") {
  Matrix<float> z = test::random_matrix<float>(4, 100, 9);
  z.row(1).setConstant(0.1f);
  z.row(3) = z.row(2);
  Matrix<float> h(2, 100);
  h << z.row(2), Matrix<float>::Constant(1, 100, 0.3f);
  const LinearProbe probe(z, h);
  const ProbeScore score = probe.score(z, h);
  CHECK(score.n_constant_variables == 1);
  CHECK(std::isnan(score.r2(1)));
  CHECK_THAT(score.r2(0), WithinAbs(1, 1e-5));
  CHECK(score.mean() == score.r2(0));
  CHECK(probe.weights()(1, 0) == 0);
  Matrix<float> moved = z;
  moved.row(1).setConstant(1e6f);  // constant in the fit: whatever it is later, it takes no part
  CHECK(probe.predict(moved) == probe.predict(z));
  CHECK(std::isnan(probe.score(z, Matrix<float>::Ones(2, 100).eval()).mean()));
}

TEST_CASE("the scale of a latent does not matter, and threads change no bit") {
  const Matrix<double> z = test::random_matrix<double>(90, 1100, 10);
  const Matrix<double> h = test::random_matrix<double>(3, 1100, 11);
  const LinearProbe probe(z, h, {.ridge = 0.1, .threads = Threads(1)});
  const LinearProbe scaled((1024 * z).eval(), h, {.ridge = 0.1, .threads = Threads(3)});
  CHECK(probe.weights() == scaled.weights());
}

TEST_CASE("fits that cannot be are refused") {
  Matrix<double> z = test::random_matrix<double>(3, 20, 12);
  const Matrix<double> h = test::random_matrix<double>(1, 20, 13);
  z.row(2) = z.row(0) + z.row(1);
  CHECK_THROWS_WITH(LinearProbe(z, h, {.ridge = 0}), ContainsSubstring("LinearProbe ridge: expected above 0"));
  CHECK_THROWS_WITH(LinearProbe(z, h, {.ridge = -1}), ContainsSubstring("LinearProbe ridge"));
  CHECK_THROWS_WITH(LinearProbe(z, h.leftCols(3).eval()), ContainsSubstring("LinearProbe variables"));
  CHECK_THROWS_WITH(LinearProbe(z.leftCols(1).eval(), h.leftCols(1).eval()), ContainsSubstring("LinearProbe samples"));
  const LinearProbe probe(z, h);
  CHECK_THROWS_WITH(probe.predict(Matrix<double>::Ones(2, 4).eval()), ContainsSubstring("LinearProbe latents"));
  CHECK_THROWS_WITH(probe.score(z, h.leftCols(3).eval()), ContainsSubstring("LinearProbe variables"));
  z(1, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(LinearProbe(z, h), ContainsSubstring("LinearProbe latents: expected finite"));
}

TEST_CASE("what representations of simulated RNA say about its causes, against the population") {
  // R^2 of X1, X2, X3, A, B1, B2, B3 in closed form; rounded to three digits. At 40,000 cells a column wanders by a few
  // hundredths: the standard deviation of X2's is .0165 at 12,000.
  const double spanning[] = {1, 1, 1, 0.771, 0.616, 0.661, 0.209};
  const double two[] = {0.922, 0.236, 0.912, 0.714, 0.593, 0.077, 0.187};
  const double one[] = {0.579, 0.233, 0.685, 0.630, 0.118, 0.077, 0.052};
  const CentralDogmaSamples cells = CentralDogma({.seed = 1}).draw({0, 40'000});
  const Matrix<float> hidden = causes(cells);
  const Matrix<float> mixed = test::random_matrix<float>(4, 5, 14) * cells.rna;  // a linear bottleneck of four
  const auto check = [&](const Matrix<float>& latents, const double* expected) {
    const ProbeScore score = LinearProbe(latents, hidden).score(latents, hidden);
    for (Index v = 0; v < 7; ++v) CHECK_THAT(score.r2(v), WithinAbs(expected[v], 0.035));
  };
  check(cells.rna, spanning);
  check(mixed, spanning);
  check(principal_components(cells.rna, 2), two);
  check(principal_components(cells.rna, 1), one);
}

}  // namespace linear_probe_test
