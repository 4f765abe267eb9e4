// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <functional>
#include <limits>
#include <string>

#include "../../examples/mnist_mdl/options.hpp"

namespace mnist_mdl_options_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;

/// The options of a command line, checked.
Options parsed(const std::string& line) {
  Options options;
  CLI::App app;
  add_options(app, options);
  app.parse(line);
  settle_grid(app, options);
  check(options);
  return options;
}

/// Why options that went through `edit` are refused.
std::string refusal(const std::function<void(Options&)>& edit) {
  Options options;
  edit(options);
  try {
    check(options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the defaults are allowed, and are those of an empty command line") {
  const Options defaults;
  CHECK_NOTHROW(check(defaults));
  const Options options = parsed("");
  CHECK(options.widths == defaults.widths);
  CHECK(options.ks == defaults.ks);
  CHECK(options.bounds == defaults.bounds);
  CHECK(options.n_seeds == 1);
  CHECK(options.recipe.activation == "top_k");
  CHECK(options.recipe.threads == parsae::Threads::available().count());
  CHECK(options.objective == "fvu");
  CHECK_FALSE(options.trains_on_bits());
  CHECK_FALSE(options.is_offline);
  CHECK_FALSE(options.is_quiet);
  CHECK_FALSE(options.resumes);
}

TEST_CASE("training on bits has a smaller grid beside it, unless the command line asks for one") {
  const Options defaults;
  const Options on_bits = parsed("--objective mdl --mdl-steps 100");
  CHECK(on_bits.trains_on_bits());
  CHECK(on_bits.bit_steps == 100);
  CHECK(on_bits.widths == std::vector<Index>{64, 128, 256, 512});
  CHECK(on_bits.ks == std::vector<Index>{1, 2, 3, 4, 6, 8, 16});
  CHECK(on_bits.bounds == defaults.bounds);
  const Options asked = parsed("--objective mdl --widths 32 --ks 5");
  CHECK(asked.widths == std::vector<Index>{32});
  CHECK(asked.ks == std::vector<Index>{5});
}

TEST_CASE("every option reaches its place") {
  const Options options = parsed(
      "--data folder --offline --out results --widths 64,128 --ks 2,4,8 --eps 0.25,0.5 --seeds 3 --activation "
      "mutual_choice "
      "--epochs 0.5 --learning-rate 0.002 --batch 100 --threads 2 --quiet --resume");
  CHECK(options.data == "folder");
  CHECK(options.out == "results");
  CHECK(options.widths == std::vector<Index>{64, 128});
  CHECK(options.ks == std::vector<Index>{2, 4, 8});
  CHECK(options.bounds == std::vector<double>{0.25, 0.5});
  CHECK(options.n_seeds == 3);
  CHECK(options.recipe.activation == "mutual_choice");
  CHECK(options.recipe.epochs == 0.5);
  CHECK(options.recipe.learning_rate == 0.002);
  CHECK(options.recipe.batch_size == 100);
  CHECK(options.recipe.threads == 2);
  CHECK(options.is_offline);
  CHECK(options.is_quiet);
  CHECK(options.resumes);
}

TEST_CASE("a command line that cannot be read is refused by the parser") {
  for (const char* line : {"--nonsense", "--widths many", "--widths 64;128", "--epochs", "--activation relu",
                           "--objective bits", "--seeds 1.5", "--threads -", "stray"}) {
    INFO(line);
    CHECK_THROWS_AS(parsed(line), CLI::ParseError);
  }
}

TEST_CASE("values that no grid can be made of are refused by the option's name") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal([](Options&) {}) == "accepted");
  CHECK(refusal([](Options& o) { o.widths = {32, 1}; }) == "--widths: expected a value from 2 to 65536, got 1");
  CHECK(refusal([](Options& o) { o.widths = {65537}; }) == "--widths: expected a value from 2 to 65536, got 65537");
  CHECK(refusal([](Options& o) { o.widths = {2, 65536}; }) == "accepted");
  CHECK(refusal([](Options& o) {
          o.widths = {32, 64, 32};
        }) == "--widths: expected each width once, got a width twice");
  CHECK(refusal([](Options& o) { o.widths.clear(); }) == "--widths: expected at least one, got none");
  CHECK(refusal([](Options& o) { o.ks = {0}; }) == "--ks: expected a value from 1 to 784, got 0");
  CHECK(refusal([](Options& o) { o.ks = {785}; }) == "--ks: expected a value from 1 to 784, got 785");
  CHECK(refusal([](Options& o) { o.ks = {1, 784}; }) == "accepted");
  CHECK(refusal([](Options& o) { o.ks = {4, 4}; }) == "--ks: expected each k once, got a k twice");
  CHECK(refusal([](Options& o) { o.ks.clear(); }) == "--ks: expected at least one, got none");
  CHECK(refusal([](Options& o) {
          o.widths = {8, 16};
          o.ks = {17, 32};
        }) == "--ks: expected a k of at most the largest width, got 17");
  CHECK(refusal([](Options& o) {
          o.widths = {8, 16};
          o.ks = {32, 16};
        }) == "accepted");
  for (const double eps : {0.0, 1.0, -0.1, 1.5, nan})
    CHECK_THAT(refusal([&](Options& o) {
                 o.bounds = {0.4, eps};
               }),
               ContainsSubstring("--eps: expected bounds between 0 and 1, got"));
  CHECK(refusal([](Options& o) { o.bounds = {0.4, 0.4}; }) == "--eps: expected each bound once, got a bound twice");
  CHECK(refusal([](Options& o) { o.bounds.clear(); }) == "--eps: expected at least one, got none");
  for (const Index seeds : {0, -1, 1001})
    CHECK_THAT(refusal([&](Options& o) { o.n_seeds = seeds; }),
               ContainsSubstring("--seeds: expected a value from 1 to 1000"));
  for (const double bad : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    CHECK_THAT(refusal([&](Options& o) { o.recipe.epochs = bad; }),
               ContainsSubstring("--epochs: expected a finite value above 0"));
    CHECK_THAT(refusal([&](Options& o) { o.recipe.learning_rate = bad; }),
               ContainsSubstring("--learning-rate: expected a finite value above 0"));
  }
  for (const Index batch : {0, 60001})
    CHECK_THAT(refusal([&](Options& o) { o.recipe.batch_size = batch; }),
               ContainsSubstring("--batch: expected a value from 1 to 60000"));
  for (const int threads : {0, 4097})
    CHECK_THAT(refusal([&](Options& o) { o.recipe.threads = threads; }),
               ContainsSubstring("--threads: expected a value from 1 to 4096"));
}

}  // namespace mnist_mdl_options_test
