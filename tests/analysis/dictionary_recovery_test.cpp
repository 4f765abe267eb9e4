// SPDX-License-Identifier: MIT
#include <parsae/analysis/dictionary_recovery.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <cmath>
#include <limits>

namespace dictionary_recovery_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

using Matching = DictionaryRecovery::Matching;

/// cos of two columns, written out.
double cosine(const Matrix<float>& a, Index i, const Matrix<float>& b, Index j) {
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (Index q = 0; q < a.rows(); ++q) {
    product += static_cast<double>(a(q, i)) * static_cast<double>(b(q, j));
    squares_a += static_cast<double>(a(q, i)) * static_cast<double>(a(q, i));
    squares_b += static_cast<double>(b(q, j)) * static_cast<double>(b(q, j));
  }
  return product / std::sqrt(squares_a * squares_b);
}

}  // namespace

TEST_CASE("a permuted and scaled copy of the truth is full recovery") {
  const Matrix<float> truth = test::random_matrix<float>(8, 20, 1);
  Matrix<float> learned(8, 20);
  for (Index j = 0; j < 20; ++j) learned.col(j) = static_cast<float>(j + 1) * truth.col((3 * j + 5) % 20);
  const DictionaryRecovery recovery = dictionary_recovery(truth, learned);
  CHECK_THAT(recovery.truth_to_learned, test::close_to(1, 1e-6));
  CHECK_THAT(recovery.learned_to_truth, test::close_to(1, 1e-6));
  CHECK_THAT(recovery.matched, test::close_to(1, 1e-6));
  CHECK(recovery.found_fraction == 1);
  CHECK(recovery.matching == Matching::Optimal);
}

TEST_CASE("means of maxima, both ways, against a plain double loop") {
  const Matrix<float> truth = test::random_matrix<float>(5, 7, 2);
  const Matrix<float> learned = test::random_matrix<float>(5, 11, 3);
  double truth_sum = 0;
  double found = 0;
  for (Index t = 0; t < 7; ++t) {
    double best = -1;
    for (Index j = 0; j < 11; ++j) best = std::max(best, cosine(truth, t, learned, j));
    truth_sum += best;
    found += best > 0.7;
  }
  double learned_sum = 0;
  for (Index j = 0; j < 11; ++j) {
    double best = -1;
    for (Index t = 0; t < 7; ++t) best = std::max(best, cosine(truth, t, learned, j));
    learned_sum += best;
  }
  const DictionaryRecovery recovery = dictionary_recovery(truth, learned, {.found_above = 0.7});
  CHECK_THAT(recovery.truth_to_learned, test::close_to(truth_sum / 7, 1e-6));
  CHECK_THAT(recovery.learned_to_truth, test::close_to(learned_sum / 11, 1e-6));
  CHECK_THAT(recovery.found_fraction, test::close_to(found / 7, 1e-6));
  CHECK(found > 0);
  CHECK(found < 7);
}

TEST_CASE("copies of one direction flatter learned_to_truth alone") {
  const Matrix<float> truth = Matrix<float>::Identity(4, 4);
  Matrix<float> learned = Matrix<float>::Zero(4, 4);
  learned.row(2).setOnes();
  const DictionaryRecovery recovery = dictionary_recovery(truth, learned);
  CHECK_THAT(recovery.learned_to_truth, test::close_to(1, 1e-6));
  CHECK_THAT(recovery.truth_to_learned, test::close_to(0.25, 1e-6));
  CHECK_THAT(recovery.matched, test::close_to(0.25, 1e-6));
}

TEST_CASE("one latent between two directions counts once when matched") {
  const Matrix<float> truth = Matrix<float>::Identity(2, 2);
  Matrix<float> learned(2, 1);
  learned << 1, 1;
  const DictionaryRecovery recovery = dictionary_recovery(truth, learned);
  CHECK_THAT(recovery.truth_to_learned, test::close_to(std::sqrt(0.5), 1e-6));
  CHECK_THAT(recovery.matched, test::close_to(std::sqrt(0.5) / 2, 1e-6));
}

TEST_CASE("the same bits for any number of threads") {
  const Matrix<float> truth = test::random_matrix<float>(13, 30, 5);
  const Matrix<float> learned = test::random_matrix<float>(13, 70, 6);
  const DictionaryRecovery one = dictionary_recovery(truth, learned, {.threads = Threads(1)});
  for (const int threads : {2, 4}) {
    const DictionaryRecovery many = dictionary_recovery(truth, learned, {.threads = Threads(threads)});
    CHECK(many.truth_to_learned == one.truth_to_learned);
    CHECK(many.learned_to_truth == one.learned_to_truth);
    CHECK(many.matched == one.matched);
  }
}

TEST_CASE("signs count, and a latent of zeros has found nothing") {
  const Matrix<float> truth = Matrix<float>::Identity(3, 1);
  Matrix<float> learned = Matrix<float>::Zero(3, 2);
  learned(0, 0) = -2;
  const DictionaryRecovery recovery = dictionary_recovery(truth, learned);
  CHECK(recovery.truth_to_learned == 0);
  CHECK_THAT(recovery.learned_to_truth, test::close_to(-0.5, 1e-6));
}

TEST_CASE("beyond the limit the matching is greedy and says so") {
  // The cosines of a pair of directions at 0 and 20 degrees with latents at 5 and -40.
  const auto direction = [](double degrees) {
    const double angle = degrees * 3.14159265358979 / 180;
    return Eigen::Vector2f(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
  };
  Matrix<float> truth(2, 2);
  truth << direction(0), direction(20);
  Matrix<float> learned(2, 2);
  learned << direction(5), direction(-40);
  const auto cos_of = [](double degrees) { return std::cos(degrees * 3.14159265358979 / 180); };
  const DictionaryRecovery greedy = dictionary_recovery(truth, learned, {.most_for_optimal = 1});
  CHECK(greedy.matching == Matching::Greedy);
  CHECK_THAT(greedy.matched, test::close_to((cos_of(5) + cos_of(60)) / 2, 1e-6));
  const DictionaryRecovery optimal = dictionary_recovery(truth, learned, {.most_for_optimal = 2});
  CHECK(optimal.matching == Matching::Optimal);
  CHECK_THAT(optimal.matched, test::close_to((cos_of(15) + cos_of(40)) / 2, 1e-6));
}

TEST_CASE("without latents nothing is recovered; what cannot be compared is refused") {
  const Matrix<double> truth = test::random_matrix<double>(3, 2, 4);
  const DictionaryRecovery nothing = dictionary_recovery(truth, Matrix<double>(3, 0));
  CHECK(nothing.truth_to_learned == 0);
  CHECK(nothing.matched == 0);

  CHECK_THROWS_WITH(dictionary_recovery(Matrix<double>(3, 0), truth),
                    ContainsSubstring("dictionary_recovery truth: expected at least 1, got 0"));
  CHECK_THROWS_WITH(dictionary_recovery(truth, Matrix<double>::Ones(4, 2).eval()),
                    ContainsSubstring("dictionary_recovery learned: expected a 3 x 2 matrix, got 4 x 2"));
  Matrix<double> bad = truth;
  bad(0, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(dictionary_recovery(bad, truth), ContainsSubstring("dictionary_recovery truth: expected finite"));
  CHECK_THROWS_WITH(dictionary_recovery(truth, bad), ContainsSubstring("dictionary_recovery learned: expected finite"));
  CHECK_THROWS_WITH(dictionary_recovery(truth, truth, {.found_above = 1.5}), ContainsSubstring("found_above"));
}

}  // namespace dictionary_recovery_test
