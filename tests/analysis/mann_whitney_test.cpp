// SPDX-License-Identifier: MIT
#include <parsae/analysis/mann_whitney.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace mann_whitney_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

Buffer<Index> places(std::initializer_list<Index> list) {
  Buffer<Index> found;
  for (const Index i : list) found.push_back(i);
  return found;
}

MannWhitney test_of(std::initializer_list<double> values, std::initializer_list<Index> members) {
  return MannWhitney(midranks({values.begin(), static_cast<Index>(values.size())}), places(members).slice());
}

}  // namespace

TEST_CASE("U counts the pairs in which the member is larger, ties one half") {
  const Vector<double> values = test::rounded_matrix<double>(60, 1, 1).col(0);
  Buffer<Index> members;
  for (Index i = 0; i < 60; i += 3) members.push_back(i);
  double u = 0;
  for (Index i = 0; i < 60; i += 3)
    for (Index j = 0; j < 60; ++j)
      if (j % 3 != 0) u += values(i) > values(j) ? 1 : values(i) == values(j) ? 0.5 : 0;
  CHECK(MannWhitney(midranks({values.data(), 60}), members.slice()).u == u);
}

TEST_CASE("z without ties: a worked number") {
  // Members 4, 5, 6 of 1 to 6: U = 9, mean 4.5, variance 3 * 3 * 7 / 12 = 5.25
  const MannWhitney test = test_of({1, 2, 3, 4, 5, 6}, {3, 4, 5});
  CHECK(test.u == 9);
  CHECK_THAT(test.z, WithinAbs(4 / std::sqrt(5.25), 1e-14));
  CHECK(test.log_p == log_normal_two_sided(test.z));
  const MannWhitney turned = test_of({1, 2, 3, 4, 5, 6}, {0, 1, 2});
  CHECK(turned.u == 0);
  CHECK(turned.z == -test.z);
}

TEST_CASE("z with ties: a worked number") {
  // 1 1 2 | 2 2 3: ranks 1.5 1.5 4 4 4 6; U = 14 - 6 = 8; tie_sum = 6 + 24 = 30
  // variance = 9 / 12 * (7 - 30 / 30) = 4.5
  const MannWhitney test = test_of({1, 1, 2, 2, 2, 3}, {3, 4, 5});
  CHECK(test.u == 8);
  CHECK_THAT(test.z, WithinAbs(3 / std::sqrt(4.5), 1e-14));
}

TEST_CASE("where nothing can be said, z is 0") {
  CHECK(test_of({1, 2, 3}, {}).log_p == 0);
  CHECK(test_of({1, 2, 3}, {0, 1, 2}).z == 0);
  CHECK(test_of({2, 2, 2, 2}, {0, 1}).z == 0);
  CHECK(test_of({1, 2, 3, 4}, {0, 3}).z == 0);  // U is its mean: the half step does not turn the sign
  CHECK(test_of({1, 2, 3, 4, 5}, {0, 4}).log_p == 0);
}

TEST_CASE("infinite values are the largest") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(test_of({1, infinity, 3, infinity}, {1, 3}).u == 4);
}

TEST_CASE("under no difference, p-values below 5 % come once in twenty, with ties") {
  int n_small = 0;
  constexpr int n_tests = 4000;
  Buffer<Index> members;
  for (Index i = 0; i < 15; ++i) members.push_back(i);
  for (std::uint64_t trial = 0; trial < n_tests; ++trial) {
    const Vector<double> values = test::rounded_matrix<double>(50, 1, 100 + trial).col(0);
    n_small += MannWhitney(midranks({values.data(), 50}), members.slice()).log_p < std::log(0.05);
  }
  CHECK(n_small / double{n_tests} < 0.05 + 5 * std::sqrt(0.05 * 0.95 / n_tests));
  CHECK(n_small / double{n_tests} > 0.03);  // the correction for continuity asks a little more
}

TEST_CASE("members that are not there are refused") {
  CHECK_THROWS_WITH(test_of({1, 2}, {2}), ContainsSubstring("MannWhitney member"));
  CHECK_THROWS_WITH(test_of({1, 2}, {-1}), ContainsSubstring("MannWhitney member"));
  CHECK_THROWS_WITH(test_of({1, 2}, {0, 1, 0}), ContainsSubstring("MannWhitney others"));
}

}  // namespace mann_whitney_test
