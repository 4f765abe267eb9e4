// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/program.hpp>

#include <stdexcept>

namespace program_test {

using namespace parsae_examples;

namespace {

/// argv of "prog --n 3".
struct Arguments {
  std::string words[3] = {"prog", "--n", "3"};
  char* argv[3] = {words[0].data(), words[1].data(), words[2].data()};
};

}  // namespace

TEST_CASE("a program runs with its options set and its command in one line") {
  Arguments given;
  CLI::App app;
  int n = 0;
  app.add_option("--n", n);
  std::string seen;
  const int code = run_program("prog", app, 3, given.argv, [&](const std::string& command) {
    seen = command;
    return 7 + n;
  });
  CHECK(code == 10);
  CHECK(seen == "prog --n 3");
}

TEST_CASE("an error is an exit code, and so is an unknown option") {
  Arguments given;
  CLI::App app;
  int n = 0;
  app.add_option("--n", n);
  const auto fails = [](const std::string&) -> int { throw std::invalid_argument("no such thing"); };
  CHECK(run_program("prog", app, 3, given.argv, fails) == EXIT_FAILURE);
  CLI::App other;
  bool has_run = false;
  CHECK(run_program("prog", other, 3, given.argv, [&](const std::string&) {
          has_run = true;
          return 0;
        }) != 0);
  CHECK_FALSE(has_run);
}

TEST_CASE("an interrupted run ends as a shell says interrupted") {
  CHECK(say_how_to_go_on("Kept", "prog", false) == 130);
  CHECK(how_to_go_on("Kept", "prog --n 3", false) == "Interrupted. Kept; go on with: prog --n 3 --resume");
  CHECK(how_to_go_on("Kept", "prog --resume", true) == "Interrupted. Kept; go on with: prog --resume");
}

}  // namespace program_test
