// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/process.hpp>

#include <chrono>

namespace process_test {

using namespace parsae_examples;

TEST_CASE("a program's exit code and output come back, and no shell reads its arguments") {
  const ProcessSettings capture{.output = ProcessSettings::Output::Capture};
  const ProcessResult echoed = run_process({"printf", "%s|", "a b", "$HOME;", "*"}, capture);
  CHECK(echoed.succeeded());
  CHECK(echoed.output == "a b|$HOME;|*|");
  const ProcessResult failed = run_process({"false"});
  CHECK_FALSE(failed.succeeded());
  CHECK(failed.reason() == "failed with exit code 1");
}

TEST_CASE("more output than a pipe holds is read while the program runs") {
  const ProcessResult result =
      run_process({"head", "-c", "1000000", "/dev/zero"}, {.output = ProcessSettings::Output::Capture});
  CHECK(result.succeeded());
  CHECK(result.output.size() == 1000000);
}

TEST_CASE("a missing program is a result, not an exception") {
  const ProcessResult result = run_process({"parsae-no-such-program"});
  CHECK(result.end == ProcessEnd::NotStarted);
  CHECK(result.reason() == "is not installed");
}

TEST_CASE("a program that takes too long is stopped") {
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result =
      run_process({"sleep", "30"}, {.output = ProcessSettings::Output::Discard, .timeout_seconds = 0.2});
  CHECK(result.end == ProcessEnd::TimedOut);
  CHECK_FALSE(result.succeeded());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));
}

}  // namespace process_test
