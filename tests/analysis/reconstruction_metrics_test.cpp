// SPDX-License-Identifier: MIT
#include <parsae/analysis/reconstruction_metrics.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <cmath>

namespace reconstruction_metrics_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class Scalar>
ReconstructionMetrics metrics_of(const Matrix<Scalar>& targets, const Matrix<Scalar>& recon) {
  ReconstructionMetrics metrics;
  metrics.add<Scalar>(targets, recon);
  return metrics;
}

/// In two passes: the mean first.
double fvu_of(const Matrix<double>& targets, const Matrix<double>& recon) {
  const Vector<double> mean = targets.rowwise().mean();
  return (targets - recon).squaredNorm() / (targets.colwise() - mean).squaredNorm();
}

}  // namespace

TEST_CASE("FVU worked by hand: a constant error is an error, and ratios of samples are not averaged") {
  Matrix<double> targets(2, 2);
  targets << 1, 3, 0, 2;
  const Matrix<double> recon = targets.array() + 1;
  const ReconstructionMetrics metrics = metrics_of<double>(targets, recon);
  CHECK(metrics.fvu() == 1);
  CHECK(metrics.mean_squared_error() == 2);
  CHECK(metrics.n_samples() == 2);
}

TEST_CASE("FVU agrees with two passes over the data, and batches with the whole") {
  const Matrix<double> targets = (test::random_matrix<double>(5, 70, 1).array() + 0.5).matrix();
  const Matrix<double> recon = targets + 0.3 * test::random_matrix<double>(5, 70, 2);
  ReconstructionMetrics batches;
  for (Index begin = 0; begin < 70; begin += 13) {
    const Index n = std::min<Index>(13, 70 - begin);
    batches.add<double>(targets.middleCols(begin, n), recon.middleCols(begin, n));
    batches.add<double>(targets.leftCols(0), recon.leftCols(0));
  }
  const ReconstructionMetrics whole = metrics_of(targets, recon);
  CHECK(batches.fvu() == whole.fvu());
  CHECK(batches.mean_squared_error() == whole.mean_squared_error());
  CHECK(batches.n_samples() == 70);
  CHECK_THAT(whole.fvu(), test::close_to(fvu_of(targets, recon), 1e-13));
  CHECK_THAT(whole.mean_squared_error(), test::close_to((targets - recon).squaredNorm() / 70, 1e-13));
}

TEST_CASE("0 for a perfect reconstruction, 1 for always answering the mean") {
  const Matrix<double> targets = test::random_matrix<double>(4, 30, 3);
  CHECK(metrics_of(targets, targets).fvu() == 0);
  const Matrix<double> mean = targets.rowwise().mean().replicate(1, 30);
  CHECK_THAT(metrics_of(targets, mean).fvu(), test::close_to(1, 1e-13));
}

TEST_CASE("a mean a million times the spread costs no digits") {
  const Matrix<double> spread = test::rounded_matrix<double>(3, 2000, 4);  // halves: exact beside the mean
  const Matrix<double> error = 0.5 * test::rounded_matrix<double>(3, 2000, 5);
  const Matrix<double> far = (spread.array() + 1048576.0).matrix();
  CHECK_THAT(metrics_of<double>(far, far + error).fvu(), test::close_to(fvu_of(spread, spread + error), 1e-9));
  const Matrix<float> far_float = far.cast<float>();
  const Matrix<float> recon_float = (far + error).cast<float>();  // quarters: exact below 2^21
  CHECK_THAT(metrics_of<float>(far_float, recon_float).fvu(), test::close_to(fvu_of(spread, spread + error), 1e-9));
}

TEST_CASE("equal samples have no variance to explain") {
  const Matrix<double> targets = Matrix<double>::Constant(2, 5, 0.1);
  CHECK(metrics_of(targets, targets).fvu() == 0);
  CHECK(std::isnan(metrics_of<double>(targets, targets.array() + 1).fvu()));
  CHECK(std::isnan(ReconstructionMetrics().fvu()));
  CHECK(std::isnan(ReconstructionMetrics().mean_squared_error()));
}

TEST_CASE("reconstructions of another shape are refused") {
  ReconstructionMetrics metrics;
  const Matrix<double> three(3, 2);
  const Matrix<double> two(2, 2);
  CHECK_THROWS_WITH(metrics.add<double>(three, two),
                    ContainsSubstring("ReconstructionMetrics recon: expected a 3 x 2 matrix, got 2 x 2"));
  metrics.add<double>(Matrix<double>::Ones(3, 2), Matrix<double>::Ones(3, 2));
  CHECK_THROWS_WITH(metrics.add<double>(two, two),
                    ContainsSubstring("ReconstructionMetrics targets: expected a 3 x 1"));
  CHECK(metrics.n_samples() == 2);
}

}  // namespace reconstruction_metrics_test
