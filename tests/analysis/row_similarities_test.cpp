// SPDX-License-Identifier: MIT
#include <parsae/analysis/row_similarities.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace row_similarities_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// From the textbook: one minus six times the sum of squared differences of ranks over n (n^2 - 1), without ties.
double spearman_without_ties(const Matrix<double>& a, Index i, const Matrix<double>& b, Index j) {
  const auto rank = [](const Matrix<double>& m, Index row, Index sample) {
    return static_cast<double>((m.row(row).array() < m(row, sample)).count());
  };
  const double n = static_cast<double>(a.cols());
  double squares = 0;
  for (Index s = 0; s < a.cols(); ++s) squares += std::pow(rank(a, i, s) - rank(b, j, s), 2);
  return 1 - 6 * squares / (n * (n * n - 1));
}

double pearson(const Matrix<double>& a, Index i, const Matrix<double>& b, Index j) {
  const double mean_a = a.row(i).mean();
  const double mean_b = b.row(j).mean();
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (Index s = 0; s < a.cols(); ++s) {
    product += (a(i, s) - mean_a) * (b(j, s) - mean_b);
    squares_a += std::pow(a(i, s) - mean_a, 2);
    squares_b += std::pow(b(j, s) - mean_b, 2);
  }
  return product / std::sqrt(squares_a * squares_b);
}

}  // namespace

TEST_CASE("similarities against their definitions, written out") {
  const Matrix<double> a = test::random_matrix<double>(37, 50, 1);  // two blocks of rows and a rest
  const Matrix<double> b = test::random_matrix<double>(5, 50, 2);
  const Matrix<double> by_cosine = row_similarities(a, b, {.kind = Similarity::Cosine});
  const Matrix<double> by_value = row_similarities(a, b);
  const Matrix<double> by_rank = row_similarities(a, b, {.kind = Similarity::Spearman});
  for (Index i = 0; i < 37; ++i) {
    for (Index j = 0; j < 5; ++j) {
      const double cosine = a.row(i).dot(b.row(j)) / (a.row(i).norm() * b.row(j).norm());
      REQUIRE_THAT(by_cosine(i, j), test::close_to(cosine, 1e-12));
      REQUIRE_THAT(by_value(i, j), test::close_to(pearson(a, i, b, j), 1e-12));
      REQUIRE_THAT(by_rank(i, j), test::close_to(spearman_without_ties(a, i, b, j), 1e-12));
    }
  }
}

TEST_CASE("ranks with ties: a worked number") {
  // Midranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5)
  Matrix<float> a(1, 4);
  a << 0, 5, 5, 6;
  Matrix<float> b(1, 4);
  b << 1, 2, 30, 400;
  CHECK_THAT(row_similarities(a, b, {.kind = Similarity::Spearman})(0, 0),
             test::close_to(4.5 / std::sqrt(22.5), 1e-12));
}

TEST_CASE("a monotone function keeps the ranks, a linear one the correlation, a factor the cosine") {
  const Matrix<double> a = test::random_matrix<double>(1, 30, 3);
  const Matrix<double> cubed = -a.array().cube().matrix();
  const Matrix<double> moved = (3 - 2 * a.array()).matrix();
  CHECK_THAT(row_similarities(a, cubed, {.kind = Similarity::Spearman})(0, 0), test::close_to(-1, 1e-12));
  CHECK_THAT(row_similarities(a, moved)(0, 0), test::close_to(-1, 1e-12));
  CHECK_THAT(row_similarities(a, (7 * a).eval(), {.kind = Similarity::Cosine})(0, 0), test::close_to(1, 1e-12));
  CHECK(row_similarities(a, cubed)(0, 0) > -0.99);
}

TEST_CASE("constant rows are like nothing, and extreme scales do not matter") {
  Matrix<double> a = test::random_matrix<double>(4, 40, 4);
  const Matrix<double> b = a.topRows(1);
  a.row(1).setConstant(0.1);
  a.row(2) = 1e-200 * b.row(0);
  a.row(3) = 1e200 * b.row(0);
  for (const Similarity kind : {Similarity::Pearson, Similarity::Spearman, Similarity::Cosine}) {
    const Matrix<double> found = row_similarities(a, b, {.kind = kind});
    if (kind != Similarity::Cosine) CHECK(found(1, 0) == 0);
    CHECK_THAT(found(2, 0), test::close_to(1, 1e-12));
    CHECK_THAT(found(3, 0), test::close_to(1, 1e-12));
  }
  CHECK(row_similarities(Matrix<double>::Zero(1, 40).eval(), b, {.kind = Similarity::Cosine})(0, 0) == 0);
}

TEST_CASE("row similarities have the same bits for any number of threads") {
  const Matrix<float> a = test::rounded_matrix<float>(70, 111, 5);
  const Matrix<float> b = test::random_matrix<float>(9, 111, 6);
  for (const Similarity kind : {Similarity::Pearson, Similarity::Spearman, Similarity::Cosine}) {
    const Matrix<double> one = row_similarities(a, b, {.kind = kind, .threads = Threads(1)});
    CHECK(one == row_similarities(a, b, {.kind = kind, .threads = Threads(3)}));
  }
}

TEST_CASE("rows that cannot be compared are refused") {
  const Matrix<double> a = test::random_matrix<double>(2, 3, 7);
  Matrix<double> bad = a;
  bad(1, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(row_similarities(a, Matrix<double>::Ones(2, 4).eval()), ContainsSubstring("row_similarities b"));
  CHECK_THROWS_WITH(row_similarities(bad, a), ContainsSubstring("row_similarities a: expected finite"));
  CHECK_THROWS_WITH(row_similarities(a, bad), ContainsSubstring("row_similarities b: expected finite"));
  CHECK_THROWS_WITH(row_similarities(Matrix<double>(2, 0), Matrix<double>(2, 0)),
                    ContainsSubstring("row_similarities samples"));
}

}  // namespace row_similarities_test
