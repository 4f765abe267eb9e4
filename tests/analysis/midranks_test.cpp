// SPDX-License-Identifier: MIT
#include <parsae/analysis/midranks.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace midranks_test {

using namespace parsae;

TEST_CASE("ranks of distinct values count from one, in any order of the values") {
  const double values[] = {3.5, -1, 10, 0};
  const Midranks ranked = midranks({values, 4});
  CHECK(ranked.ranks[0] == 3);
  CHECK(ranked.ranks[1] == 1);
  CHECK(ranked.ranks[2] == 4);
  CHECK(ranked.ranks[3] == 2);
  CHECK(ranked.tie_sum == 0);
}

TEST_CASE("equal values share the mean of their ranks") {
  const double values[] = {2, 0, 2, 0, 2, 7};
  const Midranks ranked = midranks({values, 6});
  for (const Index i : {0, 2, 4}) CHECK(ranked.ranks[i] == 4);  // (3 + 4 + 5) / 3
  for (const Index i : {1, 3}) CHECK(ranked.ranks[i] == 1.5);
  CHECK(ranked.ranks[5] == 6);
  CHECK(ranked.tie_sum == (8 - 2) + (27 - 3));
}

TEST_CASE("midranks are one plus the smaller values plus half of the other equal ones") {
  const Vector<double> values = test::rounded_matrix<double>(200, 1, 1).col(0);
  const Midranks ranked = midranks({values.data(), 200});
  double sum = 0;
  for (Index i = 0; i < 200; ++i) {
    const double below = static_cast<double>((values.array() < values(i)).count());
    const double equal = static_cast<double>((values.array() == values(i)).count());
    REQUIRE(ranked.ranks[i] == 1 + below + (equal - 1) / 2);
    sum += ranked.ranks[i];
  }
  CHECK(sum == 200 * 201 / 2);
}

TEST_CASE("no values have no ranks") {
  CHECK(midranks({}).ranks.empty());
  CHECK(midranks({}).tie_sum == 0);
}

}  // namespace midranks_test
