// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <cmath>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../benchmarks/allocators/rule_search.hpp"

namespace allocators_rule_search_test {

namespace {

using namespace parsae_benchmarks;

/// A rule without a model: validation FVU has a valley in the learning rate, and L0 is the target or follows from the
/// coefficient. Held-out figures would lead astray whoever chose by them.
struct Pretended {
  double best_rate = 8e-3;
  std::vector<Request> requests{};

  Rule rule(Rule::Control control) {
    return {.name = "pretended",
            .control = control,
            .stored_rate = 1e-3,
            .stored_coefficient = 1,
            .train = [this, control](const Request& request) {
              requests.push_back(request);
              Measured measured;
              measured.validation_fvu = 0.1 + std::pow(std::log(request.learning_rate / best_rate), 2);
              measured.fvu = 0.2 - measured.validation_fvu + 1e-3 * static_cast<double>(request.seed);
              measured.validation_l0 = request.target_l0;
              if (control == Rule::Control::Coefficient) {
                // Short runs end denser than full ones, and L0 depends on the rate, too.
                const double denser = request.depth == Request::Depth::Validation ? 1.3 : 1;
                measured.validation_l0 = denser * 40 * std::pow(request.coefficient, -0.7) *
                                         std::pow(request.learning_rate / best_rate, 0.1);
              }
              measured.l0 = 1.01 * measured.validation_l0;
              return measured;
            }};
  }
};

DataSet no_data() { return {"none", "", {}, {}, {}}; }

Request base_request(const DataSet& data) {
  Request request;
  request.data = &data;
  request.n_latents = 512;
  request.seed = 5;
  request.samples = 60'000;
  request.batch = 1000;
  return request;
}

const auto ignore = [](const std::string&) {};

}  // namespace

TEST_CASE("a rule with a budget: the bracketed best rate at the first seed, then the other seeds at it") {
  const DataSet data = no_data();
  Pretended pretended;
  const Rule rule = pretended.rule(Rule::Control::Budget);
  const Row row = RuleSearch(rule, {.n_seeds = 3}, base_request(data), ignore).find(16);

  CHECK(row.rule == "pretended");
  CHECK(row.data == "none");
  CHECK(row.target_l0 == 16);
  CHECK(row.learning_rate == 8e-3);
  CHECK(row.is_bracketed);
  CHECK(std::isnan(row.coefficient));
  // 0.5e-3, 1e-3, 2e-3 and on to 16e-3 with seed 5; seeds 6 and 7 at the best.
  CHECK(row.tried_rates.size() == 6);
  REQUIRE(pretended.requests.size() == 8);
  for (std::size_t r = 0; r < 6; ++r) CHECK(pretended.requests[r].seed == 5);
  CHECK(pretended.requests[6].seed == 6);
  CHECK(pretended.requests[7].seed == 7);
  CHECK(pretended.requests[7].learning_rate == 8e-3);
  REQUIRE(row.seeds.size() == 3);
  CHECK(std::abs(row.fvu() - 0.106) < 1e-12);
  for (const Request& request : pretended.requests) {
    CHECK(request.samples == 60'000);
    CHECK(request.depth == Request::Depth::Everything);
  }
}

TEST_CASE("a rate at which another seed comes to grief is not the best one") {
  const DataSet data = no_data();
  Pretended pretended;
  Rule rule = pretended.rule(Rule::Control::Budget);
  const auto train = rule.train;
  const double grief = GENERATE(std::nan(""), 0.7);
  rule.train = [&](const Request& request) {
    Measured measured = train(request);
    if (request.seed == 7 && request.learning_rate == 8e-3) measured.validation_fvu = grief;
    return measured;
  };
  const Row row = RuleSearch(rule, {.n_seeds = 3}, base_request(data), ignore).find(16);
  CHECK(row.learning_rate == 4e-3);
  CHECK(row.is_bracketed);
  CHECK(row.tried_rates.at(8e-3) == (std::isnan(grief) ? INFINITY : grief));
  REQUIRE(row.seeds.size() == 3);
  CHECK(pretended.requests.size() == 6 + 2 + 2);

  // Everywhere worse than at its best: the rate stays, and each seed ran once.
  pretended.requests.clear();
  rule.train = [&](const Request& request) {
    Measured measured = train(request);
    if (request.seed == 7) measured.validation_fvu += 0.1;
    return measured;
  };
  const Row uneven = RuleSearch(rule, {.n_seeds = 3}, base_request(data), ignore).find(16);
  CHECK(uneven.learning_rate == 8e-3);
  CHECK(std::abs(uneven.tried_rates.at(8e-3) - 0.2) < 1e-12);
  CHECK(pretended.requests.size() == 8);

  // Seeds differ; one that is not half as bad again is no sign of instability.
  rule.train = [&](const Request& request) {
    Measured measured = train(request);
    if (request.seed == 7) measured.validation_fvu *= 1.4;
    return measured;
  };
  const Row steady = RuleSearch(rule, {.n_seeds = 3}, base_request(data), ignore).find(16);
  CHECK(std::abs(steady.tried_rates.at(8e-3) - 0.1) < 1e-12);
}

TEST_CASE("the next target begins around the last best rate") {
  const DataSet data = no_data();
  Pretended pretended;
  const Rule rule = pretended.rule(Rule::Control::Budget);
  RuleSearch search(rule, {.n_seeds = 1}, base_request(data), ignore);
  (void)search.find(8);
  pretended.requests.clear();
  const Row row = search.find(16);
  CHECK(pretended.requests.size() == 3);
  CHECK(row.learning_rate == 8e-3);
}

TEST_CASE("stored rates are used as they are, and given ones begin the search") {
  const DataSet data = no_data();
  Pretended pretended;
  const Rule rule = pretended.rule(Rule::Control::Budget);
  const Row stored = RuleSearch(rule, {.searches_rates = false, .n_seeds = 2}, base_request(data), ignore).find(16);
  CHECK(stored.learning_rate == 1e-3);
  CHECK_FALSE(stored.is_bracketed);
  CHECK(pretended.requests.size() == 2);

  const Row given = RuleSearch(rule, {.rates = {0.032}, .n_seeds = 1}, base_request(data), ignore).find(16);
  CHECK(given.tried_rates.count(0.032) == 1);
  CHECK(given.tried_rates.count(0.016) == 1);
  CHECK(given.learning_rate == 0.008);
}

TEST_CASE("a coefficient is searched for every rate until L0 meets the target, short runs first") {
  const DataSet data = no_data();
  Pretended pretended;
  const Rule rule = pretended.rule(Rule::Control::Coefficient);
  const Row row = RuleSearch(rule, {.n_seeds = 2}, base_request(data), ignore).find(16);
  CHECK(row.learning_rate == 8e-3);
  CHECK(row.is_on_target());
  CHECK(std::abs(row.l0() / 1.01 / 16 - 1) <= 0.03);
  CHECK(std::abs(40 * std::pow(row.coefficient, -0.7) / 16 - 1) <= 0.03);

  CHECK(pretended.requests.front().depth == Request::Depth::Validation);
  CHECK(pretended.requests.front().samples == 20'000);
  std::set<double> rates_of_full_runs;
  bool after_full = false;
  for (const Request& request : pretended.requests) {
    const bool is_full = request.depth == Request::Depth::Everything;
    CHECK((is_full || !after_full));
    after_full = after_full || is_full;
    if (is_full) rates_of_full_runs.insert(request.learning_rate);
  }
  CHECK(rates_of_full_runs.size() == row.tried_rates.size());
  CHECK(pretended.requests.back().coefficient == row.coefficient);
  CHECK(pretended.requests.back().seed == 6);
}

TEST_CASE("the next target's first coefficient follows the slope that the last one has seen") {
  const DataSet data = no_data();
  Pretended pretended;
  const Rule rule = pretended.rule(Rule::Control::Coefficient);
  RuleSearch search(rule, {.rates = {8e-3}, .n_seeds = 1}, base_request(data), ignore);
  (void)search.find(8);
  pretended.requests.clear();
  (void)search.find(32);
  // L0 = 40 c^-0.7, and a little by the rate, so the first full run is near the target.
  const double l0 = 40 * std::pow(pretended.requests.front().coefficient, -0.7);
  CHECK(pretended.requests.front().depth == Request::Depth::Everything);
  CHECK(std::abs(l0 / 32 - 1) < 0.2);
}

TEST_CASE("a target that no coefficient reaches gives the closest, off target") {
  const DataSet data = no_data();
  const Rule rule{.name = "stuck",
                  .control = Rule::Control::Coefficient,
                  .stored_coefficient = 1,
                  .train = [](const Request& request) {
                    Measured measured;
                    measured.validation_fvu = 0.5;
                    measured.validation_l0 = measured.l0 = 30 + 1 / (1 + request.coefficient);
                    return measured;
                  }};
  const Row row = RuleSearch(rule, {.searches_rates = false, .n_seeds = 1}, base_request(data), ignore).find(16);
  CHECK_FALSE(row.is_on_target());
  CHECK(row.l0() >= 30);
}

TEST_CASE("a rate at which no coefficient meets the target loses, however small its error is") {
  const DataSet data = no_data();
  std::vector<Request> requests;
  // Above a rate of 4e-3 codes are dense whatever they cost, and dense codes leave little error.
  const Rule rule{.name = "stuck above",
                  .control = Rule::Control::Coefficient,
                  .stored_rate = 4e-3,
                  .stored_coefficient = 1,
                  .train = [&](const Request& request) {
                    requests.push_back(request);
                    const bool is_stuck = request.learning_rate > 5e-3;
                    Measured measured;
                    measured.validation_fvu = is_stuck ? 0.01 : 0.1 + 1e-4 / request.learning_rate;
                    measured.validation_l0 = measured.l0 = is_stuck ? 60 : 16 / request.coefficient;
                    return measured;
                  }};
  const Row row = RuleSearch(rule, {.n_seeds = 1}, base_request(data), ignore).find(16);
  CHECK(row.learning_rate == 4e-3);
  CHECK(row.is_bracketed);
  CHECK(row.is_on_target());
  CHECK(std::isinf(row.tried_rates.at(8e-3)));

  requests.clear();
  const Row hopeless =
      RuleSearch(rule, {.rates = {0.1}, .n_seeds = 1, .most_hopeless_rates = 3}, base_request(data), ignore).find(16);
  CHECK(hopeless.tried_rates.size() == 3);
  CHECK_FALSE(hopeless.is_bracketed);
}

TEST_CASE("every seed has a coefficient of its own, searched from the first seed's") {
  const DataSet data = no_data();
  const Rule rule{.name = "seeds differ",
                  .control = Rule::Control::Coefficient,
                  .stored_coefficient = 1,
                  .train = [](const Request& request) {
                    Measured measured;
                    measured.validation_fvu = 0.1;
                    measured.validation_l0 = measured.l0 = 16 * static_cast<double>(request.seed) / request.coefficient;
                    return measured;
                  }};
  const Row row = RuleSearch(rule, {.searches_rates = false, .n_seeds = 3}, base_request(data), ignore).find(16);
  REQUIRE(row.seeds.size() == 3);
  for (const Measured& seed : row.seeds) CHECK(std::abs(seed.l0 / 16 - 1) <= 0.03);
  CHECK(std::abs(row.coefficient / 5 - 1) <= 0.03);  // seeds 5, 6 and 7; the first one's
}

TEST_CASE("a search can be stopped between two runs") {
  const DataSet data = no_data();
  Pretended pretended;
  const Rule rule = pretended.rule(Rule::Control::Budget);
  int begun = 0;
  const auto stop = [&](const std::string& what) {
    CHECK_THAT(what, Catch::Matchers::ContainsSubstring("pretended, L0 16, rate "));
    if (++begun == 3) throw std::runtime_error("stopped");
  };
  CHECK_THROWS_WITH(RuleSearch(rule, {}, base_request(data), stop).find(16), "stopped");
  CHECK(pretended.requests.size() == 2);
}

}  // namespace allocators_rule_search_test
