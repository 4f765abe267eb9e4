// SPDX-License-Identifier: MIT
#include <parsae/train/train_progress.hpp>

#include <support/catch.hpp>

namespace train_progress_test {

using namespace parsae;

TEST_CASE("Each StopReason has words of its own", "[train_progress]") {
  CHECK(to_string(StopReason::Completed) == "completed");
  CHECK(to_string(StopReason::SourceExhausted) == "source exhausted");
  CHECK(to_string(StopReason::StoppedByCallback) == "stopped by a callback");
  CHECK(to_string(StopReason::Diverged) == "diverged");
}

TEST_CASE("Progress starts at nothing", "[train_progress]") {
  const TrainProgress progress;
  CHECK(progress.step == 0);
  CHECK(progress.samples == 0);
  CHECK(progress.terms.empty());
  CHECK(TrainReport().reason == StopReason::Completed);
}

}  // namespace train_progress_test
