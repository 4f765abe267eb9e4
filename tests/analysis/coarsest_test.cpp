// SPDX-License-Identifier: MIT
#include <parsae/analysis/coarsest.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <set>

namespace coarsest_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the coarsest feasible level of every monotone predicate is found in about log2 calls") {
  for (Index low = -3; low <= 3; ++low) {
    for (Index high = low; high <= low + 40; ++high) {
      for (Index first = low; first <= high + 1; ++first) {
        Index calls = 0;
        const auto found = coarsest_feasible(low, high, [&](Index level) {
          REQUIRE(level >= low);
          REQUIRE(level <= high);
          ++calls;
          return level >= first;
        });
        REQUIRE(found.has_value() == (first <= high));
        if (found) REQUIRE(*found == first);
        const double range = static_cast<double>(high - low + 1);
        REQUIRE(static_cast<double>(calls) <= 2 + std::ceil(std::log2(range)));
      }
    }
  }
}

TEST_CASE("where feasibility is not monotone, the answer is feasible and the level below it was tried and is not") {
  constexpr Index high = 11;  // levels 0 to 11: every one of the 4096 predicates
  for (Index pattern = 0; pattern < Index{1} << (high + 1); ++pattern) {
    const auto is_feasible = [&](Index level) { return ((pattern >> level) & 1) != 0; };
    std::set<Index> tried;
    const auto found = coarsest_feasible(0, high, [&](Index level) {
      tried.insert(level);
      return is_feasible(level);
    });
    REQUIRE(found.has_value() == is_feasible(high));
    if (!found) continue;
    REQUIRE(is_feasible(*found));
    REQUIRE(tried.contains(*found));
    if (*found > 0) {
      REQUIRE(tried.contains(*found - 1));
      REQUIRE_FALSE(is_feasible(*found - 1));
    }
  }
}

TEST_CASE("a range that ends before it begins is refused") {
  CHECK_THROWS_WITH(coarsest_feasible(3, 2, [](Index) { return true; }),
                    ContainsSubstring("coarsest_feasible high: expected at least 3, got 2"));
}

}  // namespace coarsest_test
