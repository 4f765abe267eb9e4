// SPDX-License-Identifier: MIT
#include <parsae/sparse/kth_largest.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

namespace kth_largest_test {

using namespace parsae;

namespace {

/// The threshold separates as well as any can: the k-th largest reaches it, and no more numbers than ties force.
template <class Scalar>
void check_all(KthLargest<Scalar>& search, const std::vector<Scalar>& values) {
  const auto size = static_cast<Index>(values.size());
  search.assign(size, [&](Index e) { return values[static_cast<std::size_t>(e)]; });
  std::vector<Scalar> sorted = values;
  std::sort(sorted.begin(), sorted.end(), std::greater<Scalar>());
  for (std::size_t k = 1; k <= values.size(); ++k) {
    const Scalar threshold = search.threshold(static_cast<Index>(k));
    const Scalar kth = sorted[k - 1];
    CAPTURE(k, size, threshold, kth);
    CHECK(threshold <= kth);
    CHECK(threshold > 0);
    if (k < values.size() && sorted[k] == kth)
      CHECK(threshold == kth);
    else if (k < values.size())
      CHECK(threshold > sorted[k]);
  }
}

template <class Scalar>
std::vector<Scalar> magnitudes(Index size, std::uint64_t seed) {
  std::vector<Scalar> values;
  const Vector<Scalar> random = test::random_vector<Scalar>(size, seed);
  for (const Scalar value : random) values.push_back(std::abs(value) + std::numeric_limits<Scalar>::min());
  return values;
}

}  // namespace

TEMPLATE_TEST_CASE("a threshold lets k numbers pass, for every k and size", "", float, double) {
  KthLargest<TestType> search;
  for (Index size = 1; size <= 70; ++size) check_all(search, magnitudes<TestType>(size, 5));
  check_all(search, magnitudes<TestType>(400, 6));
  check_all(search, magnitudes<TestType>(3, 7));
}

TEMPLATE_TEST_CASE("ties get the tied value itself", "", float, double) {
  KthLargest<TestType> search;
  std::vector<TestType> values = magnitudes<TestType>(60, 5);
  for (TestType& value : values) value = std::ceil(value * 4) / 4;
  check_all(search, values);
  check_all(search, std::vector<TestType>(40, TestType(2)));
}

TEMPLATE_TEST_CASE("numbers from the smallest to infinity", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  KthLargest<TestType> search;
  check_all<TestType>(search, {Limits::denorm_min(), Limits::min(), 1, Limits::max(), Limits::infinity(),
                               Limits::infinity(), 2 * Limits::denorm_min(), Limits::max()});
}

TEMPLATE_TEST_CASE("numbers that are all among the smallest", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  KthLargest<TestType> search;
  check_all<TestType>(search, {Limits::denorm_min(), 3 * Limits::denorm_min(), 2 * Limits::min(), Limits::min(),
                               7 * Limits::denorm_min(), Limits::min() / 2});
}

}  // namespace kth_largest_test
