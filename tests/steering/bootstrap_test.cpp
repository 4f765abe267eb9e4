// SPDX-License-Identifier: MIT
#include <parsae/steering/bootstrap.hpp>

#include <support/catch.hpp>

namespace bootstrap_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("the interval of a share is about the normal one") {
  // 400 samples, a share of 0.3: 0.3 +- 1.96 sqrt(0.3 * 0.7 / 400) = 0.2551 to 0.3449.
  Buffer<double> values(400, 0);
  for (Index i = 0; i < 120; ++i) values[i] = 1;
  const ConfidenceInterval interval = Bootstrap({.n_resamples = 4000}).of_mean(values.slice());
  CHECK_THAT(interval.low, WithinAbs(0.2551, 0.006));
  CHECK_THAT(interval.high, WithinAbs(0.3449, 0.006));
  const ConfidenceInterval wider = Bootstrap({.level = 0.999, .n_resamples = 4000}).of_mean(values.slice());
  CHECK(wider.low < interval.low);
  CHECK(wider.high > interval.high);
}

TEST_CASE("intervals hold the truth as often as they say") {
  Index held = 0;
  for (Index trial = 0; trial < 300; ++trial) {
    const Random numbers(11, static_cast<std::uint64_t>(trial));
    Buffer<double> values(80);
    for (Index i = 0; i < 80; ++i) values[i] = numbers.normal(static_cast<std::uint64_t>(i));
    const ConfidenceInterval interval = Bootstrap({.n_resamples = 400}).of_mean(values.slice());
    held += interval.low <= 0 && interval.high >= 0;
  }
  CHECK(held >= 272);  // 285 expected, standard deviation 3.8
  CHECK(held <= 297);
}

TEST_CASE("a seed gives the same interval, and resamples without a value are left out") {
  Buffer<double> values(20);
  for (Index i = 0; i < 20; ++i) values[i] = static_cast<double>(i);
  const ConfidenceInterval a = Bootstrap().of_mean(values.slice());
  const ConfidenceInterval b = Bootstrap().of_mean(values.slice());
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(a.low != Bootstrap({.seed = 2}).of_mean(values.slice()).low);
  const auto share_of_first = [](Slice<const Index> drawn) {
    const auto first = std::count(drawn.begin(), drawn.end(), 0);
    return static_cast<double>(first) / static_cast<double>(first);  // NaN where it was not drawn
  };
  const ConfidenceInterval one = Bootstrap().interval(20, share_of_first);
  CHECK(one.low == 1);
  CHECK(one.high == 1);
  CHECK(std::isnan(Bootstrap().interval(0, share_of_first).low));
}

TEST_CASE("settings outside their range are refused") {
  CHECK_THROWS_WITH(Bootstrap({.level = 1}), ContainsSubstring("Bootstrap level"));
  CHECK_THROWS_WITH(Bootstrap({.n_resamples = 5}), ContainsSubstring("Bootstrap n_resamples"));
  CHECK_THROWS_WITH(Bootstrap().of_mean(Slice<const double>(nullptr, -1)), ContainsSubstring("Bootstrap n_samples"));
}

}  // namespace bootstrap_test
