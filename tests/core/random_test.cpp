// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace random_test {

using parsae::Random;

TEST_CASE("Philox gives the published known answers") {
  CHECK(Random::philox({0, 0, 0, 0}, {0, 0}) == Random::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(Random::philox({ones, ones, ones, ones}, {ones, ones}) ==
        Random::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Random::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("seed, stream and counter are the key and the two halves of the counter, all 64 bits of them") {
  const std::uint64_t seed = 0x299f31d0'a4093822;
  const std::uint64_t stream = 0x03707344'13198a2e;
  const std::uint64_t counter = 0x85a308d3'243f6a88;
  CHECK(Random(seed, stream).bits(counter) == 0xd16cfe09'94fdcceb);
  CHECK(Random(0).bits(0) == 0x6627e8d5'e169c58d);
}

TEST_CASE("seeds, streams and counters do not repeat each other") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t a = 0; a < 10; ++a)
    for (std::uint64_t b = 0; b < 10; ++b)
      for (std::uint64_t c = 0; c < 10; ++c) seen.insert(Random(a, b).bits(c));
  CHECK(seen.size() == 1000);
}

TEST_CASE("uniform draws fill [0, 1) evenly") {
  const Random random(1);
  constexpr int n = 200000;
  std::vector<double> draws;
  for (int i = 0; i < n; ++i) draws.push_back(random.uniform(static_cast<std::uint64_t>(i)));
  std::sort(draws.begin(), draws.end());
  CHECK(draws.front() >= 0);
  CHECK(draws.back() < 1);
  double distance = 0;  // of Kolmogorov and Smirnov; above 1.95 / sqrt(n) once in a thousand seeds
  for (int i = 0; i < n; ++i)
    distance = std::max(distance, std::abs(draws[static_cast<std::size_t>(i)] - (i + 0.5) / n));
  CHECK(distance < 1.95 / std::sqrt(n));
}

TEST_CASE("a uniform draw is the upper 53 of its 64 bits") {
  const Random random(2);
  for (std::uint64_t counter = 0; counter < 1000; ++counter)
    REQUIRE(random.uniform(counter) * 0x1p53 == static_cast<double>(random.bits(counter) >> 11));
}

TEST_CASE("a normal draw is made of radius and angle, the halves of its block") {
  const auto unit = [](std::uint32_t high, std::uint32_t low) {
    return static_cast<double>((std::uint64_t{high} << 32 | low) >> 11) * 0x1p-53;
  };
  const double pi = std::acos(-1.0);
  for (std::uint32_t counter = 0; counter < 1000; ++counter) {
    const Random::Block block = Random::philox({counter, 0, 0, 0}, {0, 0});
    const double radius = std::sqrt(-2 * std::log(unit(block[0], block[1]) + 0x1p-53));
    const double expected = radius * std::cos(2 * pi * unit(block[2], block[3]));
    REQUIRE(std::abs(Random(0).normal(counter) - expected) < 1e-12);
  }
}

TEST_CASE("normal draws have the distribution of a standard normal") {
  const Random random(3);
  constexpr int n = 200000;
  double moments[5] = {};
  std::vector<double> draws;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal(static_cast<std::uint64_t>(i));
    draws.push_back(x);
    for (int power = 1; power <= 4; ++power) moments[power] += std::pow(x, power) / n;
  }
  // Five standard errors: sqrt(Var(x^p) / n).
  CHECK(std::abs(moments[1]) < 5 * std::sqrt(1.0 / n));
  CHECK(std::abs(moments[2] - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::abs(moments[3]) < 5 * std::sqrt(15.0 / n));
  CHECK(std::abs(moments[4] - 3) < 5 * std::sqrt(96.0 / n));
  std::sort(draws.begin(), draws.end());
  double distance = 0;
  for (int i = 0; i < n; ++i) {
    const double below = 0.5 * std::erfc(-draws[static_cast<std::size_t>(i)] / std::sqrt(2.0));
    distance = std::max(distance, std::abs(below - (i + 0.5) / n));
  }
  CHECK(distance < 1.95 / std::sqrt(n));
}

TEST_CASE("Bernoulli draws come with their probability, and surely at its ends") {
  const Random random(6);
  constexpr int n = 100000;
  for (const double p : {0.1, 0.5, 0.9}) {
    double mean = 0;
    double next_to = 0;  // both of two draws in a row
    for (std::uint64_t i = 0; i < n; ++i) {
      mean += random.bernoulli(p, i) ? 1.0 / n : 0;
      next_to += random.bernoulli(p, i) && random.bernoulli(p, i + 1) ? 1.0 / n : 0;
    }
    CHECK(std::abs(mean - p) < 5 * std::sqrt(p * (1 - p) / n));
    CHECK(std::abs(next_to - p * p) < 10 * std::sqrt(p * (1 - p) / n));
  }
  int surprises = 0;
  for (std::uint64_t i = 0; i < n; ++i) surprises += random.bernoulli(0, i) || !random.bernoulli(1, i);
  CHECK(surprises == 0);
}

TEST_CASE("below(n) reaches every number under n, evenly") {
  const Random random(4);
  constexpr std::uint64_t n = 7;
  constexpr int draws = 70000;
  int count[n] = {};
  for (std::uint64_t i = 0; i < draws; ++i) {
    const std::uint64_t drawn = random.below(n, i);
    REQUIRE(drawn < n);
    ++count[drawn];
  }
  for (const int c : count) CHECK(std::abs(c - draws / 7.0) < 5 * std::sqrt(draws / 7.0));
}

TEST_CASE("below(n) is the upper half of the 128-bit product of n and the bits") {
  const Random random(5);
  __extension__ typedef unsigned __int128 Wide;
  const std::uint64_t bounds[] = {1,    2, 1000, (1ull << 32) - 1, 1ull << 32, (1ull << 32) + 1, 0x123456789abcdef1,
                                  ~0ull};
  int wrong = 0;
  for (const std::uint64_t n : bounds)
    for (std::uint64_t i = 0; i < 1000; ++i)
      wrong += random.below(n, i) != static_cast<std::uint64_t>(Wide{random.bits(i)} * n >> 64);
  CHECK(wrong == 0);
  CHECK(random.below(1, 9) == 0);
}

TEST_CASE("one seed gives every purpose and every index draws of its own") {
  const std::uint64_t order = parsae::Random(7, parsae::Draws::Order, 3).bits(0);
  CHECK(order == parsae::Random(7, parsae::Draws::Order, 3).bits(0));
  CHECK(order != parsae::Random(7, parsae::Draws::Directions, 3).bits(0));
  CHECK(order != parsae::Random(7, parsae::Draws::Samples, 3).bits(0));
  CHECK(order != parsae::Random(7, parsae::Draws::Order, 4).bits(0));
  CHECK(order != parsae::Random(7, 3).bits(0));
}

}  // namespace random_test
