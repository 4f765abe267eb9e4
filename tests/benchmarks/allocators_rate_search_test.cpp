// SPDX-License-Identifier: MIT
#include <support/close_to.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "../../benchmarks/allocators/rate_search.hpp"

namespace allocators_rate_search_test {

namespace {

using namespace parsae_benchmarks;
using Catch::Matchers::ContainsSubstring;

/// The rates in the order in which a search tries them.
std::vector<double> tried_in_order(RateSearch& search, const std::function<double(double)>& loss) {
  std::vector<double> order;
  while (const auto rate = search.next()) {
    order.push_back(*rate);
    REQUIRE(order.size() < 100);
    search.add(*rate, loss(*rate));
  }
  return order;
}

/// A valley in log rate.
std::function<double(double)> valley(double bottom) {
  return [bottom](double rate) { return std::pow(std::log(rate / bottom), 2); };
}

}  // namespace

TEST_CASE("a minimum inside the first rates needs no others") {
  RateSearch search({.rates = {4, 1, 2}, .highest = 100});
  CHECK(tried_in_order(search, valley(2)) == std::vector<double>{1, 2, 4});
  CHECK(search.best() == 2);
  CHECK(search.is_bracketed());
}

TEST_CASE("the grid grows at the end where the best lies, until a worse rate follows") {
  RateSearch up({.rates = {1, 2}, .highest = 1000});
  CHECK(tried_in_order(up, valley(15)) == std::vector<double>{1, 2, 4, 8, 16, 32});
  CHECK(up.best() == 16);
  CHECK(up.is_bracketed());

  RateSearch down({.rates = {1, 2}, .step = 10, .lowest = 1e-5});
  CHECK(tried_in_order(down, valley(0.012)).size() == 5);
  CHECK_THAT(down.best(), parsae::test::close_to(0.01, 1e-9));
  CHECK(down.is_bracketed());
}

TEST_CASE("a minimum beyond the limits is not bracketed") {
  RateSearch search({.rates = {1, 2}, .highest = 9});
  CHECK(tried_in_order(search, valley(1000)) == std::vector<double>{1, 2, 4, 8});
  CHECK(search.best() == 8);
  CHECK_FALSE(search.is_bracketed());
}

TEST_CASE("a run that diverged is worse than everything, and brackets from above") {
  RateSearch search({.rates = {1, 2, 4}, .highest = 100});
  const auto loss = [](double rate) { return rate > 3 ? std::numeric_limits<double>::quiet_NaN() : 1 / rate; };
  tried_in_order(search, loss);
  CHECK(search.best() == 2);
  CHECK(search.is_bracketed());
}

TEST_CASE("where everything diverges the search goes down and finds nothing") {
  RateSearch search({.rates = {1, 2}, .lowest = 0.2});
  const auto order = tried_in_order(search, [](double) { return std::numeric_limits<double>::quiet_NaN(); });
  CHECK(order == std::vector<double>{1, 2, 0.5, 0.25});
  CHECK_FALSE(search.is_bracketed());
}

TEST_CASE("among equals the lowest rate wins") {
  RateSearch search({.rates = {1, 2, 4, 8}});
  for (const double rate : {1.0, 8.0}) search.add(rate, 5);
  for (const double rate : {2.0, 4.0}) search.add(rate, 3);
  CHECK(search.best() == 2);
  CHECK_FALSE(search.next().has_value());
}

TEST_CASE("nothing is bracketed before there is a rate, and senseless settings are refused") {
  const RateSearch search({.rates = {1}});
  CHECK_FALSE(search.is_bracketed());
  CHECK_THROWS_WITH(RateSearch({.rates = {}}), ContainsSubstring("RateSearch rates: expected at least one, got none"));
  CHECK_THROWS_WITH(RateSearch({.rates = {0.1, -1}}), ContainsSubstring("RateSearch rates: expected a finite value"));
  CHECK_THROWS_WITH(RateSearch({.rates = {1}, .step = 1}), ContainsSubstring("RateSearch step: expected a factor"));
}

TEST_CASE("a search begins at a rate and one step to either side") {
  CHECK(rates_around(8, 2) == std::vector<double>{4, 8, 16});
}

}  // namespace allocators_rate_search_test
