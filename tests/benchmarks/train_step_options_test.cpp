// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <algorithm>
#include <string>

#include "../../benchmarks/train_step/options.hpp"
#include "../../benchmarks/train_step/plan.hpp"

namespace {

using namespace parsae_benchmarks;

Options parsed(const std::string& line) {
  Options options;
  CLI::App app;
  add_options(app, options);
  app.parse(line);
  finish(app, options);
  check(options);
  return options;
}

bool plans_growth(const std::string& line) {
  const auto plan = make_plan(parsed(line));
  return std::any_of(plan.begin(), plan.end(), [](const PlannedCase& each) { return !each.growth_axis.empty(); });
}

}  // namespace

TEST_CASE("growth curves belong to a run of everything, and to one that asks for them") {
  CHECK(plans_growth(""));
  CHECK(plans_growth("--growth --sizes S"));
  CHECK(plans_growth("--peers --repeats 3"));
  CHECK_FALSE(plans_growth("--no-growth"));
  CHECK_FALSE(plans_growth("--sizes S,M"));
  CHECK_FALSE(plans_growth("--methods parsae-topk-exact"));
  CHECK_FALSE(plans_growth("--quick"));
  CHECK_FALSE(plans_growth("--d 64 --n 512 --k 8 --batch 256"));
}

TEST_CASE("a run of everything has every size on gaussian data, and the larger ones on the others") {
  Index n_gaussian = 0;
  Index n_other = 0;
  for (const PlannedCase& each : make_plan(parsed("--no-growth")))
    ++(each.data == SyntheticData::Gaussian ? n_gaussian : n_other);
  CHECK(n_gaussian == 5);
  CHECK(n_other == 6);
}
