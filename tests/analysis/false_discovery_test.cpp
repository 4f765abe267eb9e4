// SPDX-License-Identifier: MIT
#include <parsae/analysis/false_discovery.hpp>
#include <parsae/core/random.hpp>

#include <support/close_to.hpp>

namespace false_discovery_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

Buffer<double> logs(std::initializer_list<double> values) {
  Buffer<double> found;
  for (const double value : values) found.push_back(std::log(value));
  return found;
}

}  // namespace

TEST_CASE("adjusted p-values: worked numbers, in any order") {
  // Sorted .01 .02 .03 .04 .5 times 5 / rank: .05 .05 .05 .05 .5
  const Buffer<double> adjusted = log_false_discovery_rates(logs({0.04, 0.01, 0.5, 0.02, 0.03}).slice());
  const double expected[] = {0.05, 0.05, 0.5, 0.05, 0.05};
  for (Index i = 0; i < 5; ++i) CHECK_THAT(adjusted[i], test::close_to(std::log(expected[i]), 1e-12));

  const Buffer<double> apart = log_false_discovery_rates(logs({0.001, 0.9, 0.02, 0.8}).slice());
  const double wanted[] = {0.004, 0.9, 0.04, 0.9};
  for (Index i = 0; i < 4; ++i) CHECK_THAT(apart[i], test::close_to(std::log(wanted[i]), 1e-12));
}

TEST_CASE("adjusted p-values stay at most 1, keep extreme tails, and equal ones stay equal") {
  const Buffer<double> ones = log_false_discovery_rates(logs({1, 1, 1}).slice());
  for (const double value : ones) CHECK(value == 0);
  Buffer<double> extreme = logs({1});
  extreme.push_back(-5000);
  extreme.push_back(-std::numeric_limits<double>::infinity());
  const Buffer<double> adjusted = log_false_discovery_rates(extreme.slice());
  CHECK_THAT(adjusted[1], test::close_to(-5000 + std::log(1.5), 1e-12));
  CHECK(adjusted[2] == -std::numeric_limits<double>::infinity());
  const Buffer<double> equal = log_false_discovery_rates(logs({0.02, 0.02, 0.7}).slice());
  CHECK(equal[0] == equal[1]);
  CHECK(log_false_discovery_rates({}).empty());
  CHECK_THROWS_WITH(log_false_discovery_rates(logs({1.5}).slice()), ContainsSubstring("log_p"));
  extreme[0] = std::nan("");
  CHECK_THROWS_WITH(log_false_discovery_rates(extreme.slice()), ContainsSubstring("log_p"));
}

TEST_CASE("of what is adjusted to at most q, a share of q times the true nulls is false") {
  // 80 of 100 hypotheses are null, 20 have p-values of u / 1000. The expected share of false ones is .2 * .8 = .16.
  double share = 0;
  double squares = 0;
  constexpr int n_trials = 2000;
  for (std::uint64_t trial = 0; trial < n_trials; ++trial) {
    const Random random(1, trial);
    Buffer<double> log_p;
    for (std::uint64_t i = 0; i < 100; ++i) log_p.push_back(std::log((1 - random.uniform(i)) * (i < 80 ? 1 : 0.001)));
    const Buffer<double> adjusted = log_false_discovery_rates(log_p.slice());
    double n_false = 0;
    double n_found = 0;
    for (Index i = 0; i < 100; ++i) {
      if (adjusted[i] > std::log(0.2)) continue;
      ++n_found;
      n_false += i < 80;
    }
    const double of_trial = n_found == 0 ? 0 : n_false / n_found;
    share += of_trial / n_trials;
    squares += of_trial * of_trial / n_trials;
  }
  CHECK_THAT(share, Catch::Matchers::WithinAbs(0.16, 5 * std::sqrt((squares - share * share) / n_trials)));
}

}  // namespace false_discovery_test
