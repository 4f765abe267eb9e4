// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <limits>
#include <string>

#include "../../examples/multilayer/options.hpp"
#include "../../examples/multilayer/plan.hpp"

namespace multilayer_options_test {

namespace {

using namespace parsae_examples::multilayer;
using Catch::Matchers::ContainsSubstring;

Options parsed(const std::string& line) {
  Options options;
  CLI::App app;
  add_options(app, options);
  app.parse(line);
  apply_quick(app, options);
  check(options);
  return options;
}

}  // namespace

TEST_CASE("multilayer: an empty command line is the defaults, and every option reaches its place") {
  const Options defaults = parsed("");
  CHECK(defaults.n_samples == 400'000);
  CHECK(defaults.l0s == std::vector<double>{16, 8, 32});
  CHECK(defaults.standardization == "per_vector");
  CHECK_FALSE(defaults.uses_random_model);
  CHECK_FALSE(defaults.resumes);
  const Options options = parsed(
      "--model m.bin --tokenizer t.bin --out there --samples 5000 --held-out 600 --passes 1.5 --multilayer-passes 2 "
      "--expansion 4 --multilayer-expansion 6 --l0 4,8 --curve-layers 0,2 --standardization per_layer --seed 9 "
      "--threads 3 --quiet --resume");
  CHECK(options.model == "m.bin");
  CHECK(options.tokenizer == "t.bin");
  CHECK(options.out == "there");
  CHECK(options.n_samples == 5000);
  CHECK(options.n_held_out == 600);
  CHECK(options.passes == 1.5);
  CHECK(options.multilayer_passes == 2);
  CHECK(options.expansion == 4);
  CHECK(options.multilayer_expansion == 6);
  CHECK(options.l0s == std::vector<double>{4, 8});
  CHECK(options.curve_layers == std::vector<Index>{0, 2});
  CHECK(options.standardization == "per_layer");
  CHECK(options.seed == 9);
  CHECK(options.threads == 3);
  CHECK(options.is_quiet);
  CHECK(options.resumes);
}

TEST_CASE("multilayer: --quick changes what was not given, and nothing else") {
  const Options quick = parsed("--quick");
  CHECK(quick.n_samples == 40'000);
  CHECK(quick.l0s == std::vector<double>{16});
  const Options given = parsed("--quick --samples 7000 --l0 4,2");
  CHECK(given.n_samples == 7000);
  CHECK(given.l0s == std::vector<double>{4, 2});
  CHECK(given.n_held_out == 6'000);
}

TEST_CASE("multilayer: what cannot be done is refused by the option's name") {
  CHECK_THROWS_WITH(parsed("--samples 10"), ContainsSubstring("--samples"));
  CHECK_THROWS_WITH(parsed("--held-out 10"), ContainsSubstring("--held-out"));
  CHECK_THROWS_WITH(parsed("--passes 0"), ContainsSubstring("--passes"));
  CHECK_THROWS_WITH(parsed("--multilayer-passes -1"), ContainsSubstring("--multilayer-passes"));
  CHECK_THROWS_WITH(parsed("--expansion 0"), ContainsSubstring("--expansion"));
  CHECK_THROWS_WITH(parsed("--multilayer-expansion 0"), ContainsSubstring("--multilayer-expansion"));
  CHECK_THROWS_WITH(parsed("--l0 8,8"), ContainsSubstring("--l0"));
  CHECK_THROWS_WITH(parsed("--l0 2.5"), ContainsSubstring("--l0"));
  CHECK_THROWS_WITH(parsed("--threads 0"), ContainsSubstring("threads"));
  CHECK_THROWS_WITH(parsed("--random-model --model m.bin"), ContainsSubstring("--random-model"));
  CHECK_THROWS_WITH(parsed("--tokenizer t.bin"), ContainsSubstring("--tokenizer"));
  CHECK_THROWS(parsed("--standardization loud"));
  CHECK_THROWS(parsed("--no-such-option"));
}

TEST_CASE("multilayer: the plan has the first L0 at every layer and the others at the curve layers") {
  Options options;
  options.l0s = {16, 8};
  CHECK(curve_layers(options, 5) == std::vector<Index>{1, 3});
  CHECK(curve_layers(options, 2) == std::vector<Index>{0, 1});
  CHECK(curve_layers(options, 1) == std::vector<Index>{0});
  const std::vector<PlannedSae> plan = planned_saes(options, 5);
  CHECK(plan.size() == 5 * rules.size() + 2 * rules.size());
  CHECK(plan.front().name() == "layer0_topk_l0_16");
  CHECK(plan.back().name() == "layer3_relu_l1_l0_8");
  options.curve_layers = {4, 4};
  CHECK(curve_layers(options, 5) == std::vector<Index>{4});
  CHECK_THROWS_WITH(curve_layers(options, 4), ContainsSubstring("--curve-layers"));
}

TEST_CASE("multilayer: SAEs of other settings are others, whichever setting it is") {
  const Options options;
  const nlohmann::ordered_json settings = store_settings(options, "sum");
  CHECK(store_settings(options, "another") != settings);
  const auto is_told = [&](const auto& change) {
    Options other = options;
    change(other);
    return store_settings(other, "sum") != settings;
  };
  CHECK(is_told([](Options& other) { other.n_samples += 1; }));
  CHECK(is_told([](Options& other) { other.passes += 1; }));
  CHECK(is_told([](Options& other) { other.multilayer_passes += 1; }));
  CHECK(is_told([](Options& other) { other.expansion += 1; }));
  CHECK(is_told([](Options& other) { other.multilayer_expansion += 1; }));
  CHECK(is_told([](Options& other) { other.l0s.front() += 1; }));
  CHECK(is_told([](Options& other) { other.standardization = "none"; }));
  CHECK(is_told([](Options& other) { other.seed += 1; }));
  CHECK_FALSE(is_told([](Options& other) { other.n_held_out += 1; }));
}

}  // namespace multilayer_options_test
