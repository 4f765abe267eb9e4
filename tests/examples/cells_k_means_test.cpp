// SPDX-License-Identifier: MIT
#include <cells/k_means.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <set>

namespace cells_k_means_test {

using namespace parsae_examples::cells;
using Catch::Matchers::ContainsSubstring;
using parsae::Index;
using parsae::Matrix;
using parsae::Threads;

namespace {

/// Four clusters by turns, far apart.
Matrix<float> clusters() {
  Matrix<float> samples = 0.3f * parsae::test::random_matrix<float>(5, 200, 1);
  for (Index i = 0; i < 200; ++i) samples(i % 4, i) += 10;
  return samples;
}

}  // namespace

TEST_CASE("clusters that are far apart are found, and centers are their means") {
  const Matrix<float> samples = clusters();
  const KMeans means(samples, {.n_clusters = 4, .seed = 1});
  std::set<Index> used;
  for (Index i = 0; i < 200; ++i) {
    CHECK(means.cluster()[i] == means.cluster()[i % 4]);
    used.insert(means.cluster()[i]);
  }
  CHECK(used.size() == 4);
  for (Index first = 0; first < 4; ++first) {
    parsae::Vector<double> mean = parsae::Vector<double>::Zero(5);
    for (Index i = first; i < 200; i += 4) mean += samples.col(i).cast<double>() / 50;
    CHECK((means.centers().col(means.cluster()[first]) - mean).norm() < 1e-9);
  }
}

TEST_CASE("at the end every sample is nearest to its own center, for any number of threads") {
  const Matrix<float> samples = parsae::test::random_matrix<float>(3, 300, 2);
  const KMeans one(samples, {.n_clusters = 7, .most_rounds = 1000, .threads = Threads(1)});
  const KMeans many(samples, {.n_clusters = 7, .most_rounds = 1000, .threads = Threads(3)});
  CHECK(one.centers() == many.centers());
  const Matrix<double> scores = one.scores(samples);
  for (Index i = 0; i < 300; ++i) {
    Index nearest = 0;
    scores.col(i).maxCoeff(&nearest);
    CHECK(nearest == one.cluster()[i]);
    const double distance = (samples.col(i).cast<double>() - one.centers().col(nearest)).norm();
    CHECK(std::abs(scores(nearest, i) + distance) < 1e-12);
  }
}

TEST_CASE("where rounds run out, samples still belong to the nearest of the centers that were told") {
  const Matrix<float> samples = parsae::test::random_matrix<float>(3, 300, 2);
  const KMeans one(samples, {.n_clusters = 7, .most_rounds = 1});
  const Matrix<double> scores = one.scores(samples);
  for (Index i = 0; i < 300; ++i) CHECK(scores(one.cluster()[i], i) == scores.col(i).maxCoeff());
  CHECK(one.centers() != KMeans(samples, {.n_clusters = 7, .most_rounds = 2}).centers());
  CHECK(one.centers() != KMeans(samples, {.n_clusters = 7, .most_rounds = 1, .seed = 1}).centers());
}

TEST_CASE("a cluster starts far from those before: one sample far away has a center of its own") {
  Matrix<float> samples = parsae::test::random_matrix<float>(3, 300, 2);
  samples.col(123).setConstant(1e4f);
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    const KMeans means(samples, {.n_clusters = 2, .most_rounds = 1, .seed = seed});
    CHECK((means.centers().col(means.cluster()[123]) - samples.col(123).cast<double>()).norm() == 0);
  }
}

TEST_CASE("as many clusters as samples, equal samples, and what is refused") {
  const Matrix<float> samples = parsae::test::random_matrix<float>(3, 5, 3);
  const Matrix<double> scores = KMeans(samples, {.n_clusters = 5}).scores(samples);
  CHECK(scores.colwise().maxCoeff().isZero());
  const KMeans equal(Matrix<float>::Ones(2, 4).eval(), {.n_clusters = 3});
  CHECK(equal.centers() == Matrix<double>::Ones(2, 3));
  CHECK_THROWS_WITH(KMeans(samples, {.n_clusters = 6}), ContainsSubstring("KMeans n_clusters"));
  CHECK_THROWS_WITH(KMeans(samples, {.n_clusters = 0}), ContainsSubstring("KMeans n_clusters"));
  Matrix<float> infinite = samples;
  infinite(1, 3) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(KMeans(infinite, {.n_clusters = 2}), ContainsSubstring("KMeans samples"));
  CHECK_THROWS_WITH(KMeans(samples, {.n_clusters = 2, .most_rounds = 0}), ContainsSubstring("KMeans most_rounds"));
  const KMeans means(samples, {.n_clusters = 2});
  CHECK_THROWS_WITH(means.scores(Matrix<float>::Ones(2, 2)), ContainsSubstring("KMeans samples"));
}

}  // namespace cells_k_means_test
