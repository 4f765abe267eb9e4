// SPDX-License-Identifier: MIT
#include <parsae/train/progress_line.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <sstream>

namespace progress_line_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

TrainProgress progress_at(Index step, double seconds) {
  TrainProgress progress;
  progress.step = step;
  progress.total_steps = 200;
  progress.samples = 1000 * step;
  progress.seconds = seconds;
  progress.loss = 0.25;
  progress.fvu = 0.125;
  progress.l0 = 7.5;
  progress.n_latents = 64;
  progress.n_dead = 16;
  return progress;
}

auto n_lines(const std::ostringstream& out) {
  const std::string text = out.str();
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace

TEST_CASE("ProgressLine shows step, speed, time left and what training is about", "[progress_line]") {
  std::ostringstream out;
  ProgressLine(out).on_step_end(progress_at(50, 4));
  CHECK(out.str() == "step 50/200  12500 samples/s  12 s left  loss 0.25  FVU 0.1250  L0 7.5  dead 25.0%\n");
}

TEST_CASE("ProgressLine writes no more often than it is told, and once more at the end", "[progress_line]") {
  std::ostringstream out;
  ProgressLine line(out, {.every_seconds = 2});
  for (Index step = 1; step <= 50; ++step) line.on_step_end(progress_at(step, 0.1 * static_cast<double>(step)));
  CHECK(n_lines(out) == 3);  // at 0.1, 2.1 and 4.1 seconds
  line.on_train_end(progress_at(51, 5.1));
  CHECK(n_lines(out) == 4);
  CHECK_THAT(out.str(), ContainsSubstring("step 51/200"));
  line.on_train_begin(progress_at(51, 5.1));  // a run that goes on shows its first step at once
  line.on_step_end(progress_at(52, 5.2));
  CHECK(n_lines(out) == 5);
  line.on_train_end(progress_at(52, 5.2));  // already written
  CHECK(n_lines(out) == 5);
}

TEST_CASE("ProgressLine rewrites its line on a terminal and ends it once", "[progress_line]") {
  std::ostringstream out;
  ProgressLine line(out, {.every_seconds = 0.5, .style = ProgressLine::Style::Rewrite});
  line.on_step_end(progress_at(1, 1));
  line.on_step_end(progress_at(2, 2));
  CHECK(n_lines(out) == 0);
  CHECK(out.str().front() == '\r');
  line.on_train_end(progress_at(2, 2));
  CHECK(n_lines(out) == 1);
  CHECK(out.str().back() == '\n');
}

TEST_CASE("ProgressLine divides by nothing before the first step", "[progress_line]") {
  std::ostringstream out;
  ProgressLine(out).on_train_end(TrainProgress());
  CHECK_THAT(out.str(), ContainsSubstring("0 samples/s  0 s left") && ContainsSubstring("dead 0.0%"));
}

TEST_CASE("ProgressLine refuses an interval that is none", "[progress_line]") {
  std::ostringstream out;
  CHECK_THROWS_WITH(ProgressLine(out, {.every_seconds = 0}), ContainsSubstring("ProgressLine every_seconds"));
}

}  // namespace progress_line_test
