// SPDX-License-Identifier: MIT
#include <cells/ridge_classifier.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace cells_ridge_classifier_test {

using namespace parsae_examples::cells;
using Catch::Matchers::ContainsSubstring;
using parsae::Buffer;
using parsae::Index;
using parsae::Matrix;

namespace {

/// Three classes by turns, each with an input of its own raised by `height`.
Matrix<float> classes(Index n, float height, std::uint64_t stream) {
  Matrix<float> samples = parsae::test::random_matrix<float>(6, n, stream);
  for (Index i = 0; i < n; ++i) samples(i % 3, i) += height;
  return samples;
}

Buffer<Index> labels(Index n) {
  Buffer<Index> label;
  for (Index i = 0; i < n; ++i) label.push_back(i % 3);
  return label;
}

}  // namespace

TEST_CASE("the largest score is the class of samples that were held out") {
  const RidgeClassifier classifier(classes(300, 6, 1), labels(300).slice(), 3);
  const Matrix<double> scores = classifier.scores(classes(300, 6, 2));
  REQUIRE(scores.rows() == 3);
  Index n_right = 0;
  for (Index i = 0; i < 300; ++i) {
    Index predicted = 0;
    scores.col(i).maxCoeff(&predicted);
    n_right += predicted == i % 3;
  }
  CHECK(n_right > 294);
}

TEST_CASE("labels that are none are refused") {
  const Matrix<float> samples = classes(9, 1, 3);
  CHECK_THROWS_WITH(RidgeClassifier(samples, labels(9).slice(), 2), ContainsSubstring("RidgeClassifier label"));
  Buffer<Index> negative = labels(9);
  negative[4] = -1;
  CHECK_THROWS_WITH(RidgeClassifier(samples, negative.slice(), 3), ContainsSubstring("RidgeClassifier label"));
  CHECK_THROWS_WITH(RidgeClassifier(samples, labels(9).slice(), 0), ContainsSubstring("RidgeClassifier n_classes"));
  CHECK_THROWS_WITH(RidgeClassifier(samples, labels(8).slice(), 3), ContainsSubstring("LinearProbe variables"));
}

}  // namespace cells_ridge_classifier_test
