// SPDX-License-Identifier: MIT
#include <parsae/core/buffer.hpp>
#include <parsae/losses/mean_squared_error.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace mean_squared_error_test {

using namespace parsae;

static_assert(ReconstructionLossFor<MeanSquaredError, float> && ReconstructionLossFor<MeanSquaredError, double>);

TEST_CASE("MeanSquaredError is the weighted sum of squares, with 2 weight (xhat - x) as gradient",
          "[mean_squared_error]") {
  const Matrix<double> target = test::random_matrix<double>(5, 7, 1);
  const Matrix<double> recon = test::random_matrix<double>(5, 7, 2);
  Buffer<double> weights(7);
  for (Index i = 0; i < 7; ++i) weights[i] = 0.3 * static_cast<double>(i);  // the first one is 0

  Matrix<double> d_recon = Matrix<double>::Constant(5, 7, 99);
  const double loss = MeanSquaredError().add<double>(target, recon, weights.slice(), d_recon);

  double expected = 0;
  for (Index i = 0; i < 7; ++i) {
    for (Index p = 0; p < 5; ++p) {
      const double error = recon(p, i) - target(p, i);
      expected += weights[i] * error * error;
      CHECK_THAT(d_recon(p, i), test::close_to(2 * weights[i] * error, 1e-14));
    }
  }
  CHECK_THAT(loss, test::close_to(expected, 1e-14));
}

TEST_CASE("MeanSquaredError of blocks adds up to that of the whole, in float, too", "[mean_squared_error]") {
  const Matrix<float> target = test::random_matrix<float>(3, 8, 1);
  const Matrix<float> recon = test::random_matrix<float>(3, 8, 2);
  const Buffer<float> weights(8, 0.125f);
  Matrix<float> whole(3, 8);
  Matrix<float> parts(3, 8);
  const double loss = MeanSquaredError().add<float>(target, recon, weights.slice(), whole);
  const double first = MeanSquaredError().add<float>(target.leftCols(5), recon.leftCols(5), weights.slice().part(0, 5),
                                                     parts.leftCols(5));
  const double second = MeanSquaredError().add<float>(target.rightCols(3), recon.rightCols(3),
                                                      weights.slice().part(5, 3), parts.rightCols(3));
  CHECK_THAT(first + second, test::close_to(loss, 1e-14));
  CHECK(parts == whole);
  CHECK_THAT(loss, test::close_to((recon - target).cast<double>().squaredNorm() / 8, 1e-6));
}

TEST_CASE("MeanSquaredError of a perfect reconstruction is nothing", "[mean_squared_error]") {
  const Matrix<double> target = test::random_matrix<double>(5, 7, 1);
  const Buffer<double> weights(7, 1.0);
  Matrix<double> d_recon = Matrix<double>::Constant(5, 7, 99);
  CHECK(MeanSquaredError().add<double>(target, target, weights.slice(), d_recon) == 0);
  CHECK(d_recon.isZero(0));
}

}  // namespace mean_squared_error_test
