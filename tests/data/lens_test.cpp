// SPDX-License-Identifier: MIT
#include <parsae/data/lens.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace lens_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEMPLATE_TEST_CASE("a lens is h + W h + b, and undo() its inverse", "", float, double) {
  using Scalar = TestType;
  const double rounding = std::is_same_v<Scalar, float> ? 1e-5 : 1e-13;
  constexpr Index d = 13;
  const Matrix<Scalar> w = test::random_matrix<Scalar>(d, d, 1) * Scalar(0.1);
  const Vector<Scalar> b = test::random_vector<Scalar>(d, 2);
  const Lens<Scalar> lens("layer 3", w, b);
  CHECK(lens.n_inputs() == d);

  for (const Index n : {1, 16, 37}) {
    const Matrix<Scalar> h = test::random_matrix<Scalar>(d, n, 3);
    Matrix<Scalar> there = h;
    lens.apply(there, Threads(2));
    const Matrix<double> expected =
        (h.template cast<double>() + w.template cast<double>() * h.template cast<double>()).colwise() +
        b.template cast<double>();
    CHECK((there.template cast<double>() - expected).cwiseAbs().maxCoeff() < rounding);
    Matrix<Scalar> back = there;
    lens.undo(back, Threads(2));
    CHECK((back - h).cwiseAbs().maxCoeff() < static_cast<Scalar>(rounding));

    Matrix<Scalar> on_one_thread = h;
    lens.apply(on_one_thread, Threads(1));
    CHECK(on_one_thread == there);
    Matrix<Scalar> alone = h.rightCols(1);
    lens.apply(alone, Threads(1));
    CHECK(alone == there.rightCols(1));
  }
}

TEST_CASE("a lens that cannot be undone is refused by its name") {
  const Matrix<float> minus_identity = -Matrix<float>::Identity(4, 4);
  const Vector<float> b = Vector<float>::Zero(4);
  CHECK_THROWS_WITH(Lens<float>("layer 5", minus_identity, b),
                    ContainsSubstring("Lens 'layer 5' I + W: expected a matrix that can be inverted"));
  CHECK_THROWS_WITH(Lens<float>("layer 5", Matrix<float>::Zero(4, 3), b), ContainsSubstring("Lens 'layer 5' W"));
  CHECK_THROWS_WITH(Lens<float>("layer 5", Matrix<float>::Zero(4, 4), Vector<float>::Zero(3)),
                    ContainsSubstring("Lens 'layer 5' b: expected a 4 x 1"));
  Matrix<float> nan = Matrix<float>::Zero(4, 4);
  nan(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(Lens<float>("layer 5", nan, b), ContainsSubstring("Lens 'layer 5' W: expected finite"));
  const Lens<float> lens("layer 5", Matrix<float>::Zero(4, 4), b);
  Matrix<float> other = Matrix<float>::Zero(3, 2);
  CHECK_THROWS_WITH(lens.apply(other), ContainsSubstring("Lens samples: expected a 4 x 2 matrix, got 3 x 2"));
  CHECK_THROWS_WITH(lens.undo(other), ContainsSubstring("Lens samples"));
}

}  // namespace lens_test
