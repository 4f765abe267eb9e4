// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <string>

#include "../../examples/parsae_cli/plan.hpp"

namespace parsae_cli_plan_test {

namespace {

using namespace parsae_cli;
using Catch::Matchers::ContainsSubstring;

TrainOptions options_of() {
  TrainOptions options;
  options.data.inputs = {"a.npy"};
  return options;
}

}  // namespace

TEST_CASE("a plan leaves nothing open") {
  const TrainPlan plan = make_plan(options_of(), 64, 200'000);
  CHECK_FALSE(plan.is_sweep());
  CHECK(plan.batch == 1024);
  CHECK(plan.samples() >= 1'500'000);
  CHECK(plan.samples() < 1'500'000 + plan.batch);
  CHECK(plan.dead_after == plan.samples() / 15);
  CHECK(plan.checkpoint_every == plan.steps / 10);
  CHECK(plan.log_every == plan.steps / 500);
  const SaePlan& sae = plan.saes.front();
  CHECK(sae.n_latents == 512);
  CHECK(sae.k == 32);
  CHECK(sae.learning_rate == 1.6e-2);
  CHECK(sae.warmup_steps == plan.steps / 10);
  CHECK(sae.folder.empty());
}

TEST_CASE("training is longer for larger dictionaries and more data, and ends where data are few") {
  const auto samples = [](Index n_inputs, Index n_rows) { return make_plan(options_of(), n_inputs, n_rows).samples(); };
  CHECK(samples(768, 1'000'000) >= 2000 * 8 * 768);
  CHECK(samples(64, 50'000'000) >= 50'000'000);
  CHECK(samples(64, 50'000'000) < 50'004'096);
  CHECK(samples(765, 700) >= 70'000);
  CHECK(samples(765, 700) < 70'100);
  CHECK(make_plan(options_of(), 765, 700).batch == 64);
}

TEST_CASE("steps, samples and epochs each say how long, in steps of the batch") {
  TrainOptions options = options_of();
  options.steps = 7;
  CHECK(make_plan(options, 64, 1000).steps == 7);
  CHECK(make_plan(options, 64, 1000).batch == 1024);
  options.batch = 10;
  CHECK(make_plan(options, 64, 1000).samples() == 70);
  options.steps = 0;
  options.samples = 95;
  CHECK(make_plan(options, 64, 1000).steps == 10);
  options.samples = 0;
  options.epochs = 0.5;
  CHECK(make_plan(options, 64, 1000).steps == 50);
}

TEST_CASE("the learning rate falls with the root of the inputs, and the rule may ask for more") {
  const auto rate = [](const std::string& rule, Index n_inputs) {
    TrainOptions options = options_of();
    options.rules = {rule};
    return make_plan(options, n_inputs, 10'000'000).saes.front().learning_rate;
  };
  CHECK(rate("topk", 256) == 0.5 * rate("topk", 64));
  CHECK(rate("topk", 8) == rate("topk", 64));
  CHECK(rate("jumprelu", 64) == 2 * rate("topk", 64));
  TrainOptions options = options_of();
  options.rules = {"jumprelu"};
  const TrainPlan plan = make_plan(options, 64, 200'000);
  CHECK(plan.saes.front().warmup_steps == plan.steps / 4);
}

TEST_CASE("lists make a sweep of every combination that means something, each with a folder of its own") {
  TrainOptions options = options_of();
  options.rules = {"topk", "batch_topk", "mutual_choice", "relu"};
  options.ks = {8, 16};
  options.l1 = {0.5};
  options.latents = {"2x", "128", "4x"};
  options.seeds = {1, 2};
  const TrainPlan plan = make_plan(options, 64, 1000);
  CHECK(plan.saes.size() == 2 * 2 * 2 * 2 + 2 * 2);  // 2x is 128; mutual_choice is batch_topk
  std::set<std::string> folders;
  for (const SaePlan& sae : plan.saes) folders.insert(sae.folder);
  CHECK(folders.size() == plan.saes.size());
  CHECK(folders.count("topk-k8-n128-seed1") == 1);
  CHECK(folders.count("relu-l1_0.5-n256-seed2") == 1);
  options.learning_rates = {0.001, 0.002};
  CHECK(make_plan(options, 64, 1000).saes.front().folder == "topk-k8-n128-seed1-lr0.001");
}

TEST_CASE("what does not fit the data is refused as a mistake of usage") {
  TrainOptions options = options_of();
  options.ks = {2.5};
  CHECK_THROWS_AS(make_plan(options, 64, 1000), UsageError);
  CHECK_THROWS_WITH(make_plan(options, 64, 1000), "-k: expected a whole number for topk, got 2.5");
  options.rules = {"mutual_choice"};
  CHECK_NOTHROW(make_plan(options, 64, 1000));
  options.latents = {"2"};
  CHECK_THROWS_WITH(make_plan(options, 64, 1000), ContainsSubstring("at most the number of latents, 2"));
}

TEST_CASE("jumprelu aims at --target-l0, and without it at -k") {
  TrainOptions options = options_of();
  options.rules = {"jumprelu"};
  options.ks = {8};
  CHECK(make_plan(options, 64, 1000).saes.front().k == 8);
  options.target_l0 = {12};
  CHECK(make_plan(options, 64, 1000).saes.front().k == 12);
}

}  // namespace parsae_cli_plan_test
