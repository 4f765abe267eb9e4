// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <functional>
#include <string>
#include <vector>

#include "../../benchmarks/allocators/options.hpp"

namespace allocators_options_test {

namespace {

using namespace parsae_benchmarks;
using Catch::Matchers::ContainsSubstring;

const std::vector<std::string> known{"topk", "jumprelu"};

/// The options of a command line, completed and checked.
Options parsed(const std::string& line) {
  Options options;
  CLI::App app;
  add_options(app, options, known);
  app.parse(line);
  finish(app, options);
  check(options, known);
  return options;
}

/// Why options that went through `edit` are refused.
std::string refusal(const std::function<void(Options&)>& edit) {
  Options options;
  edit(options);
  try {
    check(options, known);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the defaults compare every rule at three targets, with searched rates, and time the kernels") {
  const Options options = parsed("");
  CHECK(options.data == "synthetic");
  CHECK(options.rules.empty());
  CHECK(options.l0 == std::vector<double>{8, 16, 32});
  CHECK(options.samples == 1'500'000);
  CHECK(options.n_seeds == 3);
  CHECK(options.trains());
  CHECK(options.has_kernels());
  CHECK(options.searches_rates());
  CHECK(options.files.json.empty());
  CHECK(options.kernel_settings().n_inputs == 768);
  CHECK(options.kernel_settings().n_latents == 24576);
  CHECK(options.kernel_settings().n_samples * options.kernel_settings().k == 65536);
  CHECK(options.latents_for(64) == 512);
  CHECK(options.latents_for(784) == 1024);
}

TEST_CASE("every option reaches its place") {
  const Options options = parsed(
      "--data a.npy --test b.npy --rules jumprelu,topk --l0 32,4.5 --latents 99 --samples 5000 --batch 50 --seeds 4 "
      "--rates 0.01,0.1 --search --threads 3 --seed 7 --no-kernels --kernel-size 8,16,32 --offline --json j --html h "
      "--quiet");
  CHECK(options.data == "a.npy");
  CHECK(options.data_settings().data == "a.npy");
  CHECK(options.data_settings().test == "b.npy");
  CHECK(options.data_settings().seed == 7);
  CHECK(options.data_settings().is_offline);
  CHECK(options.rules == std::vector<std::string>{"jumprelu", "topk"});
  CHECK(options.l0 == std::vector<double>{4.5, 32});
  CHECK(options.latents_for(64) == 99);
  CHECK(options.samples == 5000);
  CHECK(options.batch == 50);
  CHECK(options.search_settings().n_seeds == 4);
  CHECK(options.search_settings().rates == std::vector<double>{0.01, 0.1});
  CHECK(options.search_settings().searches_rates);
  CHECK(options.threads == 3);
  CHECK(options.trains());
  CHECK_FALSE(options.has_kernels());
  CHECK(options.kernel_settings().n_inputs == 8);
  CHECK(options.kernel_settings().n_latents == 16);
  CHECK(options.kernel_settings().k == 16);
  CHECK(options.files.json == "j");
  CHECK(options.files.html == "h");
  CHECK(options.is_quiet);
  CHECK_FALSE(parsed("--kernels").trains());
  CHECK(parsed("--n 99").latents_for(64) == 99);
}

TEST_CASE("a quick run has less of everything, but what was asked for stays") {
  const Options quick = parsed("--quick");
  CHECK(quick.samples == 200'000);
  CHECK(quick.l0 == std::vector<double>{8, 32});
  CHECK(quick.n_seeds == 2);
  CHECK_FALSE(quick.searches_rates());
  CHECK(quick.kernel_settings().rounds < parsed("").kernel_settings().rounds);
  const Options own = parsed("--quick --l0 5 --samples 9000 --seeds 6");
  CHECK(own.l0 == std::vector<double>{5});
  CHECK(own.samples == 9000);
  CHECK(own.n_seeds == 6);
  CHECK(parsed("--quick --search").searches_rates());
  CHECK(parsed("--quick --rates 0.1").searches_rates());
  CHECK_FALSE(parsed("--stored-rates").searches_rates());
}

TEST_CASE("a folder holds both files, unless one has a place of its own") {
  const Options options = parsed("--out folder --html page.html");
  CHECK(options.files.json == std::filesystem::path("folder") / "results.json");
  CHECK(options.files.html == "page.html");
}

TEST_CASE("what cannot be compared is refused by the name of its option") {
  CHECK_THAT(refusal([](Options& o) { o.rules = {"topq"}; }),
             ContainsSubstring("--rules: expected names out of topk, jumprelu, got topq"));
  CHECK_THAT(refusal([](Options& o) {
               o.rules = {"topk", "topk"};
             }),
             ContainsSubstring("--rules: expected each value"));
  CHECK_THAT(refusal([](Options& o) { o.l0 = {}; }), ContainsSubstring("--l0"));
  CHECK_THAT(refusal([](Options& o) { o.l0 = {0.5}; }), ContainsSubstring("--l0"));
  CHECK_THAT(refusal([](Options& o) { o.l0 = {8, 8}; }), ContainsSubstring("--l0: expected each value once"));
  CHECK_THAT(refusal([](Options& o) { o.test = "t.npy"; }), ContainsSubstring("--test: expected an .npy file"));
  CHECK_THAT(refusal([](Options& o) { o.n_latents = 1; }), ContainsSubstring("--latents:"));
  CHECK_THAT(refusal([](Options& o) { o.batch = 0; }), ContainsSubstring("--batch"));
  CHECK_THAT(refusal([](Options& o) { o.samples = 100; }), ContainsSubstring("--samples"));
  CHECK_THAT(refusal([](Options& o) { o.n_seeds = 0; }), ContainsSubstring("--seeds"));
  CHECK_THAT(refusal([](Options& o) { o.rates = {2}; }), ContainsSubstring("--rates"));
  CHECK_THAT(refusal([](Options& o) {
               o.rates = {0.1};
               o.wants_stored_rates = true;
             }),
             ContainsSubstring("--rates: expected a search"));
  CHECK_THAT(refusal([](Options& o) { o.threads = 0; }), ContainsSubstring("--threads"));
  CHECK_THAT(refusal([](Options& o) { o.kernel_size = {1, 2}; }), ContainsSubstring("--kernel-size: expected three"));
  CHECK_THAT(refusal([](Options& o) { o.kernel_size = {1, 2, 0}; }), ContainsSubstring("--kernel-size"));
  CHECK(refusal([](Options&) {}) == "accepted");
}

TEST_CASE("options that exclude each other, and unknown ones, end the parse") {
  CHECK_THROWS_AS(parsed("--kernels --no-kernels"), CLI::ExcludesError);
  CHECK_THROWS_AS(parsed("--search --stored-rates"), CLI::ExcludesError);
  CHECK_THROWS_AS(parsed("--bogus"), CLI::ExtrasError);
}

TEST_CASE("a target above the number of latents is refused once the data is known") {
  Options options;
  options.l0 = {16, 600};
  CHECK_THROWS_WITH(check_targets(options, 64), ContainsSubstring("--l0: expected at most the number of latents, 512"));
  CHECK_NOTHROW(check_targets(options, 784));
}

}  // namespace allocators_options_test
