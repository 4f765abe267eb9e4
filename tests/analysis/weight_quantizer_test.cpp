// SPDX-License-Identifier: MIT
#include <parsae/analysis/weight_quantizer.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace weight_quantizer_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Entropy of the values of a matrix times their number: sorted, then counted in runs.
template <class Scalar>
double entropy_of_all(const Matrix<Scalar>& matrix) {
  std::vector<Scalar> sorted(matrix.data(), matrix.data() + matrix.size());
  std::sort(sorted.begin(), sorted.end());
  double bits = 0;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto next = std::upper_bound(run, sorted.end(), *run);
    const double count = static_cast<double>(next - run);
    bits += count * std::log2(static_cast<double>(sorted.size()) / count);
    run = next;
  }
  return bits;
}

}  // namespace

TEST_CASE("weights are rounded to the nearest of 2^bits - 1 levels about an exact zero") {
  Matrix<double> weights(2, 4);
  weights << 3, -3, 0, 0.49, 0.51, -1.4, -1.6, 2.2;
  Matrix<double> expected(2, 4);
  expected << 3, -3, 0, 0, 1, -1, -2, 2;
  CHECK(quantize_dictionary(weights, 3).w_dec == expected);  // -3 to 3
  Matrix<double> coarsest(2, 4);
  coarsest << 3, -3, 0, 0, 0, 0, -3, 3;
  CHECK(quantize_dictionary(weights, 2).w_dec == coarsest);
}

TEMPLATE_TEST_CASE("a weight is off by at most half a step, zero stays zero, and bits are those of the levels", "",
                   float, double) {
  using Scalar = TestType;
  Matrix<Scalar> weights = test::random_matrix<Scalar>(7, 30, 1);
  weights.col(5).setZero();
  for (const int bits : {2, 3, 5, 8, 12, 16}) {
    const auto rounded = quantize_dictionary(weights, bits);
    const double step =
        static_cast<double>(weights.cwiseAbs().maxCoeff()) / static_cast<double>((Index{1} << (bits - 1)) - 1);
    const double error = static_cast<double>((rounded.w_dec - weights).cwiseAbs().maxCoeff());
    CHECK(error <= step / 2 + 1e-6);
    CHECK(rounded.w_dec.col(5).isZero(0));
    CHECK(rounded.bits_fixed == 210.0 * bits);
    CHECK(rounded.bits_entropy <= rounded.bits_fixed);
    CHECK_THAT(rounded.bits_entropy, test::close_to(entropy_of_all(rounded.w_dec), 1e-12));
    CHECK(rounded.bits_per_weight == bits);
    CHECK(rounded.step == step);
    REQUIRE(rounded.levels.size() == 210);
    bool is_step_times_level = true;
    for (Index i = 0; i < 210; ++i)
      is_step_times_level =
          is_step_times_level && rounded.w_dec.data()[i] == static_cast<Scalar>(rounded.levels[i] * step);
    CHECK(is_step_times_level);
    const auto twice = quantize_dictionary(rounded.w_dec, bits);
    CHECK(twice.w_dec.isApprox(rounded.w_dec, Scalar(1e-6)));
    CHECK(twice.bits_entropy == rounded.bits_entropy);
  }
}

TEST_CASE("more bits never round a dictionary worse, and 24 keep a float") {
  const Matrix<float> weights = test::random_matrix<float>(20, 20, 2);
  double before = std::numeric_limits<double>::infinity();
  for (int bits = 2; bits <= 24; ++bits) {
    const double error = static_cast<double>((quantize_dictionary(weights, bits).w_dec - weights).squaredNorm());
    CHECK(error <= before);
    before = error;
  }
  CHECK(quantize_dictionary(weights, 24).w_dec.isApprox(weights, 1e-6f));
}

TEST_CASE("a dictionary of equal weights has no entropy; of zeros, or none, no bits worth a name") {
  CHECK(quantize_dictionary<double>(Matrix<double>::Constant(3, 5, -0.7), 6).bits_entropy == 0);
  const auto zeros = quantize_dictionary<double>(Matrix<double>::Zero(3, 5), 6);
  CHECK(zeros.w_dec.isZero(0));
  CHECK(zeros.bits_entropy == 0);
  CHECK(zeros.bits_fixed == 90);
  const auto empty = quantize_dictionary<double>(Matrix<double>(3, 0), 6);
  CHECK(empty.bits_entropy == 0);
  CHECK(empty.bits_fixed == 0);
}

TEST_CASE("precisions out of range and weights that are not finite are refused") {
  Matrix<float> weights = Matrix<float>::Ones(2, 2);
  CHECK_THROWS_WITH(quantize_dictionary(weights, 1),
                    ContainsSubstring("bits_per_weight: expected a value from 2 to 24, got 1"));
  CHECK_THROWS_WITH(quantize_dictionary(weights, 25), ContainsSubstring("got 25"));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    weights(1, 0) = bad;
    CHECK_THROWS_WITH(quantize_dictionary(weights, 4),
                      ContainsSubstring("quantize_dictionary w_dec: expected finite weights"));
  }
}

}  // namespace weight_quantizer_test
