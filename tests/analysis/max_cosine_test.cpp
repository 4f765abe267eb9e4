// SPDX-License-Identifier: MIT
#include <parsae/analysis/max_cosine.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace max_cosine_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the nearest other latent agrees with a plain double loop, for any number of threads") {
  const Matrix<float> dictionary = test::random_matrix<float>(9, 210, 1);
  Matrix<double> unit = dictionary.cast<double>();
  for (Index j = 0; j < 210; ++j) unit.col(j).normalize();
  const Vector<float> best = max_cosines(dictionary, Threads(1));
  double sum = 0;
  for (Index i = 0; i < 210; ++i) {
    double expected = -1;
    for (Index j = 0; j < 210; ++j)
      if (j != i) expected = std::max(expected, unit.col(i).dot(unit.col(j)));
    CHECK_THAT(static_cast<double>(best(i)), test::close_to(expected, 1e-6));
    sum += expected;
  }
  CHECK_THAT(mean_max_cosine(dictionary), test::close_to(sum / 210, 1e-6));
  CHECK(max_cosines(dictionary, Threads(3)) == best);
}

TEST_CASE("opposite latents are far, doubles near, and a latent is not its own neighbor") {
  Matrix<double> dictionary(2, 2);
  dictionary << 1, -3,  //
      0, 0;
  CHECK(mean_max_cosine(dictionary) == -1);
  Matrix<double> doubles(2, 3);
  doubles << 1, 0, 2,  //
      0, 1, 0;
  const Vector<double> best = max_cosines(doubles);
  CHECK(best(0) == 1);
  CHECK(best(1) == 0);
  CHECK(best(2) == 1);
  CHECK(mean_max_cosine(Matrix<double>::Identity(5, 5).eval()) == 0);
  CHECK_THROWS_WITH(max_cosines(Matrix<double>::Ones(3, 1).eval()), ContainsSubstring("max_cosines latents"));
}

}  // namespace max_cosine_test
