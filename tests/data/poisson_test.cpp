// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/data/poisson.hpp>

#include <support/catch.hpp>

#include <vector>

namespace poisson_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a Poisson draw is the smallest number whose distribution function exceeds the uniform one") {
  // P(K <= k) at mean 2, summed from exp(-2) 2^k / k!
  const Poisson poisson(2);
  double weight = std::exp(-2.0);
  double cumulative = 0;
  for (int k = 0; k < 12; ++k) {
    CHECK(poisson.draw(cumulative + 1e-12) == k);
    cumulative += weight;
    CHECK(poisson.draw(cumulative - 1e-12) == k);
    weight *= 2.0 / (k + 1);
  }
  CHECK(poisson.draw(0) == 0);
}

TEST_CASE("Poisson draws have mean, variance and third moment of their law") {
  constexpr int n = 200000;
  for (const double mean : {0.05, 1.0, 2.0, 10.9, 400.0, 12345.6}) {
    const Poisson poisson(mean);
    const Random random(1, static_cast<std::uint64_t>(mean * 100));
    double first = 0;
    double second = 0;
    double third = 0;
    for (int i = 0; i < n; ++i) {
      const double about = static_cast<double>(poisson.draw(random.uniform(static_cast<std::uint64_t>(i)))) - mean;
      first += about / n;
      second += about * about / n;
      third += about * about * about / n;
    }
    // Five standard errors. Central moments: mu_4 = m + 3 m^2, mu_6 = m + 25 m^2 + 15 m^3.
    INFO("mean " << mean);
    CHECK(std::abs(first) < 5 * std::sqrt(mean / n));
    CHECK(std::abs(second - mean) < 5 * std::sqrt((mean + 2 * mean * mean) / n));
    CHECK(std::abs(third - mean) < 5 * std::sqrt((mean + 24 * mean * mean + 15 * mean * mean * mean) / n));
  }
}

TEST_CASE("Poisson draws at a small mean have the probabilities of the law") {
  constexpr int n = 200000;
  const Poisson poisson(1.7);
  const Random random(2);
  std::vector<int> counts(40, 0);
  for (std::uint64_t i = 0; i < n; ++i) ++counts[static_cast<std::size_t>(poisson.draw(random.uniform(i)))];
  double p = std::exp(-1.7);
  for (int k = 0; k < 8; ++k) {
    CHECK(std::abs(counts[static_cast<std::size_t>(k)] - n * p) < 5 * std::sqrt(n * p));
    p *= 1.7 / (k + 1);
  }
}

TEST_CASE("the ends of a Poisson law") {
  const double last = 1 - 0x1p-53;
  CHECK(Poisson(0).draw(0) == 0);
  CHECK(Poisson(0).draw(last) == 0);
  CHECK(Poisson(1).draw(last) == 17);  // P(K > 17) < 2^-53 < P(K > 16)
  const Poisson large(1e9);
  CHECK(std::abs(static_cast<double>(large.draw(0.5)) - 1e9) < 2);
  CHECK(static_cast<double>(large.draw(0)) > 1e9 - 12 * std::sqrt(1e9));
  CHECK(static_cast<double>(large.draw(last)) < 1e9 + 12 * std::sqrt(1e9));
  CHECK_THROWS_WITH(Poisson(-1), ContainsSubstring("Poisson mean"));
  CHECK_THROWS_WITH(Poisson(std::nan("")), ContainsSubstring("Poisson mean"));
  CHECK_THROWS_WITH(Poisson(1e10), ContainsSubstring("Poisson mean"));
}

}  // namespace poisson_test
