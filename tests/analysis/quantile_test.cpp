// SPDX-License-Identifier: MIT
#include <parsae/analysis/quantile.hpp>

#include <support/catch.hpp>

#include <cmath>

namespace quantile_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

Buffer<double> shuffled_numbers(Index n) {
  Buffer<double> numbers;
  for (Index i = 0; i < n; ++i) numbers.push_back(static_cast<double>((7 * i + 3) % n));
  return numbers;
}

}  // namespace

TEST_CASE("quantiles lie on the sorted values and linearly between them") {
  // 0 to 100 in another order: the quantile at s is 100 s.
  const Buffer<double> numbers = shuffled_numbers(101);
  for (const double share : {0.0, 0.01, 0.123, 0.5, 0.95, 0.999, 1.0})
    CHECK_THAT(quantile(numbers, share), WithinAbs(100 * share, 1e-9));
}

TEST_CASE("quantiles of one value and of equal values") {
  CHECK(quantile(Buffer<double>(1, 4.0), 0.3) == 4);
  CHECK(quantile(Buffer<double>(9, 2.5), 0.77) == 2.5);
}

TEST_CASE("quantiles of nothing and shares beyond the ends are refused") {
  CHECK_THROWS_WITH(quantile({}, 0.5), ContainsSubstring("quantile values"));
  CHECK_THROWS_WITH(quantile(shuffled_numbers(5), 1.1), ContainsSubstring("quantile share"));
  CHECK_THROWS_WITH(quantile(shuffled_numbers(5), std::nan("")), ContainsSubstring("quantile share"));
}

}  // namespace quantile_test
