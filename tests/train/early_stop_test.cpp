// SPDX-License-Identifier: MIT
#include <parsae/train/early_stop.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <functional>

namespace early_stop_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The step at which it stops when the FVU goes as `fvu_at` says, or 0 if it has not by step 2000.
Index step_of_stop(EarlyStop callback, const std::function<double(Index)>& fvu_at) {
  TrainProgress progress;
  for (progress.step = 1; progress.step <= 2000; ++progress.step) {
    progress.fvu = fvu_at(progress.step);
    if (callback.on_step_end(progress) == CallbackAction::Stop) return progress.step;
  }
  return 0;
}

}  // namespace

TEST_CASE("EarlyStop waits for its patience after the last improvement", "[early_stop]") {
  const EarlyStop::Settings settings{.patience_steps = 20, .min_improvement = 0.01, .decay = 0};
  CHECK(step_of_stop(EarlyStop(settings), [](Index) { return 0.5; }) == 21);  // the first step is an improvement
  CHECK(step_of_stop(EarlyStop(settings),
                     [](Index step) { return step < 100 ? 1.0 / static_cast<double>(step) : 1.0; }) == 119);
  CHECK(step_of_stop(EarlyStop(settings),
                     [](Index step) { return step % 20 == 1 ? std::pow(0.9, static_cast<double>(step)) : 2.0; }) == 0);
}

TEST_CASE("EarlyStop takes only a relative improvement for one", "[early_stop]") {
  const auto slow = [](Index step) { return std::pow(0.999, static_cast<double>(step)); };  // 1.98 % in 20 steps
  CHECK(step_of_stop(EarlyStop({.patience_steps = 20, .min_improvement = 0.03, .decay = 0}), slow) == 21);
  CHECK(step_of_stop(EarlyStop({.patience_steps = 20, .min_improvement = 0.01, .decay = 0}), slow) == 0);
}

TEST_CASE("EarlyStop looks at a running mean without the bias of its start", "[early_stop]") {
  // A batch in two is good: the mean stays where it is after the first few, though single batches keep being good ones.
  const auto noisy = [](Index step) { return step % 2 == 0 ? 0.2 : 0.4; };
  const Index stop = step_of_stop(EarlyStop({.patience_steps = 200, .min_improvement = 1e-3, .decay = 0.99}), noisy);
  CHECK(stop > 200);
  CHECK(stop < 300);
  // Were the mean to start at 0, it would rise towards 1 and never improve on its first value.
  CHECK(step_of_stop(EarlyStop({.patience_steps = 5, .min_improvement = 0, .decay = 0.9}),
                     [](Index step) { return 1 / static_cast<double>(step); }) == 0);
}

TEST_CASE("EarlyStop refuses settings outside their ranges", "[early_stop]") {
  CHECK_THROWS_WITH(EarlyStop({.patience_steps = 0}), ContainsSubstring("EarlyStop patience_steps"));
  CHECK_THROWS_WITH(EarlyStop({.min_improvement = -1}), ContainsSubstring("EarlyStop min_improvement"));
  CHECK_THROWS_WITH(EarlyStop({.decay = 1}), ContainsSubstring("EarlyStop decay"));
}

TEST_CASE("EarlyStop passes over steps whose FVU says nothing, and starts anew with a new run", "[early_stop]") {
  EarlyStop callback({.patience_steps = 5, .decay = 0});
  TrainProgress progress;
  const auto step = [&](double fvu) {
    ++progress.step;
    progress.fvu = fvu;
    return callback.on_step_end(progress);
  };
  CHECK(step(0.5) == CallbackAction::Continue);
  for (int i = 0; i < 20; ++i) CHECK(step(std::nan("")) == CallbackAction::Continue);
  CHECK(step(0.5) == CallbackAction::Stop);
  progress.step = 0;
  callback.on_train_begin(progress);
  for (int i = 0; i < 5; ++i) CHECK(step(0.9) == CallbackAction::Continue);
  CHECK(step(0.9) == CallbackAction::Stop);
}

}  // namespace early_stop_test
