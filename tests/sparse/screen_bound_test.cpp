// SPDX-License-Identifier: MIT
#include <parsae/sparse/screen_bound.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace screen_bound_test {

using namespace parsae;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("the largest magnitude of a column, and NaN where there is one") {
  for (Index n_inputs = 0; n_inputs <= 40; ++n_inputs) {
    Vector<float> column = test::random_vector<float>(n_inputs, 1);
    CAPTURE(n_inputs);
    CHECK(largest_magnitude(column.data(), n_inputs) == (n_inputs == 0 ? 0.0F : column.cwiseAbs().maxCoeff()));
    if (n_inputs == 0) continue;
    column(n_inputs / 2) = -infinity;
    CHECK(largest_magnitude(column.data(), n_inputs) == infinity);
    column(n_inputs - 1) = -std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(largest_magnitude(column.data(), n_inputs)));
  }
  const float denormals[] = {-1e-40F, 0.0F, -0.0F};
  CHECK(largest_magnitude(denormals, 3) == 1e-40F);
}

TEST_CASE("columns near the ends of float32 are not bounded") {
  for (const float largest : {1.0F, 0x1.1p-40F, 0x1.fp39F}) CHECK(can_be_bounded(largest));
  for (const float largest :
       {0.0F, 1e-40F, 0x1p-40F, 0x1p40F, 1e30F, infinity, std::numeric_limits<float>::quiet_NaN()})
    CHECK(!can_be_bounded(largest));
}

TEST_CASE("the rounding bound covers the standard one and is not much more") {
  for (const Index n : {0, 1, 64, 768, 10000, 65536, 3 * 65536}) {
    const double unit = static_cast<double>(n + 8) * 0x1p-24;  // a few operations on top of the chain
    CAPTURE(n);
    CHECK(static_cast<double>(rounding_bound(n)) >= unit / (1 - unit));
    CHECK(static_cast<double>(rounding_bound(n)) <= 1.1 * static_cast<double>(n + 32) * 0x1p-24);
  }
}

TEST_CASE("the underflow bound covers a flushed operation of every kind an input") {
  for (const Index n : {0, 1, 1000, 65536}) {
    CHECK(underflow_bound(n) >= static_cast<float>(4 * n) * std::numeric_limits<float>::min());
    CHECK(underflow_bound(n) > 0);
    CHECK(underflow_bound(n) < 1e-30F);
  }
}

TEST_CASE("what a bound needs of a sample") {
  const CodedColumn column{0.25F, 100.0F, 3.0F, 7};
  const SampleBound bound = bound_of(column, 0x1p-10F);
  CHECK(bound.scale == 0.25F);
  CHECK(bound.norm == 100.0F);
  CHECK(bound.slope == 3.0F + 103.0F * 0x1p-10F);
  CHECK(bound_of({1, 0, infinity, 0}, 0x1p-10F).slope == infinity);
  CHECK(bound_of({}, 0x1p-10F).slope == 0);
}

}  // namespace screen_bound_test
