// SPDX-License-Identifier: MIT

#include <support/catch.hpp>
#include <support/principal_components.hpp>
#include <support/random_matrix.hpp>

namespace principal_components_test {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using parsae::Index;
using parsae::Matrix;

namespace {

/// Inputs of different variances that depend on each other, about a mean.
Matrix<float> cloud(Index d, Index n) {
  Matrix<float> samples = parsae::test::random_matrix<float>(d, n, 1);
  for (Index q = 0; q < d; ++q) samples.row(q) *= static_cast<float>(q + 1);
  samples.row(0) += samples.row(d - 1);
  return samples.array() + 3.0f;
}

}  // namespace

TEST_CASE("directions are the eigenvectors of the covariance, in the order of their variances") {
  const Matrix<float> samples = cloud(6, 700);  // more than a block of samples
  const PrincipalComponents pca(samples, {.n_components = 6});
  const Matrix<double> centered = samples.cast<double>().colwise() - samples.cast<double>().rowwise().mean().eval();
  const Matrix<double> covariance = centered * centered.transpose() / 700;
  const Matrix<double>& directions = pca.directions();
  CHECK((directions.transpose() * directions).isIdentity(1e-9));
  CHECK(pca.mean().isApprox(samples.cast<double>().rowwise().mean(), 1e-12));
  for (Index c = 0; c < 6; ++c) {
    CHECK((covariance * directions.col(c)).isApprox(pca.variances()(c) * directions.col(c), 1e-9));
    if (c > 0) CHECK(pca.variances()(c) <= pca.variances()(c - 1));
    Index largest = 0;
    directions.col(c).cwiseAbs().maxCoeff(&largest);
    CHECK(directions(largest, c) > 0);
  }
  CHECK_THAT(pca.explained(), WithinAbs(1, 1e-6));
  const Matrix<float> components = pca.transform(samples);
  CHECK((components.cast<double>() - directions.transpose() * centered).norm() < 1e-3);
}

TEST_CASE("fewer samples than inputs: the same directions by the Gram matrix") {
  const Matrix<float> few = cloud(6, 5);
  Matrix<float> twice(6, 10);  // the same mean and covariance, and more samples than inputs
  twice << few, few;
  const PrincipalComponents by_gram(few, {.n_components = 3});
  const PrincipalComponents by_covariance(twice, {.n_components = 3});
  CHECK(by_gram.directions().isApprox(by_covariance.directions(), 1e-6));
  CHECK(by_gram.variances().isApprox(by_covariance.variances(), 1e-6));
  CHECK_THAT(by_gram.explained(), WithinAbs(by_covariance.explained(), 1e-6));
  const PrincipalComponents all(few, {.n_components = 5});
  CHECK(all.directions().col(4).isZero());  // five samples vary in four directions
}

TEST_CASE("threads change no bit, and what cannot be is refused") {
  const Matrix<float> samples = cloud(9, 600);
  const PrincipalComponents one(samples, {.n_components = 2, .threads = parsae::Threads(1)});
  const PrincipalComponents three(samples, {.n_components = 2, .threads = parsae::Threads(3)});
  CHECK(one.directions() == three.directions());
  CHECK_THROWS_WITH(PrincipalComponents(samples, {.n_components = 10}), ContainsSubstring("n_components"));
  CHECK_THROWS_WITH(PrincipalComponents(samples, {.n_components = 0}), ContainsSubstring("n_components"));
  CHECK_THROWS_WITH(one.transform(Matrix<float>::Zero(8, 2)), ContainsSubstring("9 x 2"));
}

}  // namespace principal_components_test
