// SPDX-License-Identifier: MIT
#include <Eigen/Core>

#include <cells/dense_autoencoder.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace cells_dense_autoencoder_test {

using namespace parsae_examples::cells;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using parsae::Index;
using parsae::Matrix;

namespace {

/// Of rank 3, with variances that fall.
Matrix<float> plane(Index n) {
  Matrix<float> hidden = parsae::test::random_matrix<float>(3, n, 1);
  hidden.row(0) *= 4;
  hidden.row(1) *= 2;
  Matrix<float> directions = Matrix<float>::Zero(6, 3);
  directions(0, 0) = directions(2, 1) = directions(5, 2) = 1;
  return (directions * hidden).array() + 2.0f;
}

}  // namespace

TEST_CASE("without hidden layers it finds the plane of largest variance") {
  const Matrix<float> samples = plane(600);
  CHECK(DenseAutoencoder(samples, {.n_latents = 3, .steps = 800, .learning_rate = 1e-2}).fvu(samples) < 1e-4);
  const DenseAutoencoder two(samples, {.n_latents = 2, .steps = 800, .learning_rate = 1e-2});
  const Matrix<double> centered = samples.cast<double>().colwise() - samples.cast<double>().rowwise().mean().eval();
  const double least = centered.row(5).squaredNorm() / centered.squaredNorm();  // roughly: what PCA leaves
  CHECK_THAT(two.fvu(samples), WithinAbs(least, 0.05 * least));
  CHECK(two.encode(samples).rows() == 2);
}

TEST_CASE("hidden layers bend: one latent follows a parabola that no line does") {
  Matrix<float> samples(2, 500);
  for (Index i = 0; i < 500; ++i) {
    const float x = static_cast<float>(i) / 250.0f - 1;
    samples.col(i) << x, 2 * x * x;
  }
  const DenseAutoencoder line(samples, {.n_latents = 1, .steps = 800});
  const DenseAutoencoder curve(samples, {.n_latents = 1, .n_hidden = 24, .steps = 1500});
  CHECK(line.fvu(samples) > 0.3);
  CHECK(2 * curve.fvu(samples) < line.fvu(samples));
}

TEST_CASE("threads change no bit, and a run can be stopped") {
  const int before = Eigen::nbThreads();
  Eigen::setNbThreads(1);
  const Matrix<float> samples = plane(300);
  DenseAutoencoderSettings settings{.n_latents = 2, .n_hidden = 8, .steps = 30, .batch_size = 150};
  settings.threads = parsae::Threads(1);
  const Matrix<float> one = DenseAutoencoder(samples, settings).encode(samples);
  settings.threads = parsae::Threads(3);
  CHECK(DenseAutoencoder(samples, settings).encode(samples) == one);
  Index n_asked = 0;
  settings.goes_on = [&](Index) { return ++n_asked < 5; };
  CHECK(DenseAutoencoder(samples, settings).encode(samples) != one);
  CHECK(n_asked == 5);
  Eigen::setNbThreads(before);
}

TEST_CASE("what cannot be is refused; samples that are all the same are no error") {
  const Matrix<float> samples = plane(20);
  CHECK_THROWS_WITH(DenseAutoencoder(samples, {.n_latents = 0}), ContainsSubstring("n_latents"));
  CHECK_THROWS_WITH(DenseAutoencoder(samples, {.n_hidden = -1}), ContainsSubstring("n_hidden"));
  CHECK_THROWS_WITH(DenseAutoencoder(samples, {.learning_rate = 0}), ContainsSubstring("learning_rate"));
  CHECK_THROWS_WITH(DenseAutoencoder(samples, {.first_weights = 0}), ContainsSubstring("first_weights"));
  CHECK_THROWS_WITH(DenseAutoencoder(Matrix<float>(3, 0), {}), ContainsSubstring("samples"));
  CHECK(DenseAutoencoder(Matrix<float>::Ones(3, 20), {.n_latents = 1, .steps = 3})
            .encode(samples.topRows(3))
            .allFinite());
}

}  // namespace cells_dense_autoencoder_test
