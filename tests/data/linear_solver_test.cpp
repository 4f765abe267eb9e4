// SPDX-License-Identifier: MIT
#include <parsae/data/linear_solver.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace linear_solver_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the solution satisfies its equation") {
  for (const Index n : {1, 2, 3, 17, 40}) {
    const Matrix<double> a = test::random_matrix<double>(n, n, static_cast<std::uint64_t>(n));
    const LinearSolver solver("A", a);
    CHECK(solver.size() == n);
    for (std::uint64_t right = 0; right < 3; ++right) {
      const Vector<double> b = test::random_vector<double>(n, 100 + right);
      Vector<double> x = b;
      solver.solve(x);
      CHECK((a * x - b).norm() <= 1e-11 * (a.norm() * x.norm() + b.norm()));
    }
  }
}

TEST_CASE("a worked system, whose first pivot is zero") {
  Matrix<double> a(3, 3);
  a << 0, 2, 1,  //
      1, 1, 0,   //
      2, 0, 4;
  Vector<double> x(3);
  x << 7, 3, 14;
  LinearSolver("A", a).solve(x);
  CHECK((x - Vector<double>{{1, 2, 3}}).norm() < 1e-14);
}

TEST_CASE("what cannot be inverted is refused by name") {
  Matrix<double> singular = test::random_matrix<double>(5, 5, 1);
  singular.col(3) = 2 * singular.col(0) - singular.col(1);
  CHECK_THROWS_WITH(LinearSolver("the map of layer 7", singular),
                    ContainsSubstring("the map of layer 7: expected a matrix that can be inverted") &&
                        ContainsSubstring("no pivot for column"));
  const Matrix<double> zero = Matrix<double>::Zero(3, 3);
  CHECK_THROWS_WITH(LinearSolver("A", zero), ContainsSubstring("no pivot for column 0 of 3"));
  CHECK_NOTHROW(LinearSolver("A", (1e-200 * Matrix<double>::Identity(3, 3)).eval()));
  CHECK_THROWS_WITH(LinearSolver("A", Matrix<double>::Ones(2, 3).eval()), ContainsSubstring("A: expected a 2 x 2"));
  CHECK_THROWS_WITH(LinearSolver("A", Matrix<double>(0, 0)), ContainsSubstring("A: expected at least 1"));
  Matrix<double> nan = Matrix<double>::Identity(2, 2);
  nan(1, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(LinearSolver("A", nan), ContainsSubstring("A: expected finite values"));
}

}  // namespace linear_solver_test
