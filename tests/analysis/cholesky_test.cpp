// SPDX-License-Identifier: MIT
#include <parsae/analysis/cholesky.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace cholesky_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

Matrix<double> positive_definite(Index n) {
  const Matrix<double> root = test::random_matrix<double>(n, n + 5, 1);
  return root * root.transpose();
}

}  // namespace

TEST_CASE("the solution solves, at sizes below and above a block") {
  for (const Index n : {1, 2, 7, 64, 65, 150}) {
    const Matrix<double> a = positive_definite(n);
    const Vector<double> x = test::random_vector<double>(n, 2);
    const Cholesky cholesky(a);
    REQUIRE(cholesky.is_positive_definite());
    CHECK((cholesky.solve(a * x) - x).norm() < 1e-8 * x.norm());
  }
}

TEST_CASE("only the upper triangle is read, and threads change no bit") {
  const Matrix<double> a = positive_definite(200);
  Matrix<double> upper = a;
  for (Index j = 0; j < 200; ++j) upper.col(j).tail(199 - j).setConstant(7);
  const Vector<double> b = test::random_vector<double>(200, 3);
  const Vector<double> solution = Cholesky(a, Threads(1)).solve(b);
  CHECK(Cholesky(upper, Threads(1)).solve(b) == solution);
  CHECK(Cholesky(a, Threads(3)).solve(b) == solution);
}

TEST_CASE("matrices that are not positive definite are told") {
  Matrix<double> singular = Matrix<double>::Constant(3, 3, 0.1);
  CHECK_FALSE(Cholesky(singular).is_positive_definite());
  CHECK_FALSE(Cholesky(Matrix<double>::Identity(2, 2) * -1.0).is_positive_definite());
  for (std::uint64_t seed = 10; seed < 30; ++seed) {  // what rounding leaves as the last pivot may be above 0
    Matrix<double> root = test::random_matrix<double>(6, 40, seed);
    root.row(5) = root.topRows(5).colwise().sum();
    CHECK_FALSE(Cholesky(root * root.transpose()).is_positive_definite());
  }
  CHECK_FALSE(Cholesky(Matrix<double>::Zero(1, 1)).is_positive_definite());
  CHECK_THROWS_WITH(Cholesky(singular).solve(Vector<double>::Ones(3)), ContainsSubstring("Cholesky matrix"));
  CHECK_THROWS_WITH(Cholesky(Matrix<double>::Ones(2, 3)), ContainsSubstring("Cholesky matrix"));
  CHECK_THROWS_WITH(Cholesky(Matrix<double>::Identity(2, 2)).solve(Vector<double>::Ones(3)),
                    ContainsSubstring("Cholesky b"));
  singular(0, 0) = std::nan("");
  CHECK_THROWS_WITH(Cholesky(singular), ContainsSubstring("Cholesky matrix: expected finite"));
}

}  // namespace cholesky_test
