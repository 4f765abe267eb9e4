// SPDX-License-Identifier: MIT
#include <parsae/train/callback.hpp>
#include <parsae/train/early_stop.hpp>
#include <parsae/train/progress_line.hpp>

#include <support/catch.hpp>

namespace callback_test {

using namespace parsae;

namespace {

struct Begin {
  void on_train_begin(const TrainProgress&) {}
};
struct Answering {
  CallbackAction on_step_end(const TrainProgress&) { return CallbackAction::Stop; }
};
struct End {
  void on_train_end(const TrainProgress&) {}
};
struct Misspelled {
  void on_steps_end(const TrainProgress&) {}
};
struct WantsToChange {
  void on_step_end(TrainProgress&) {}
};

}  // namespace

TEST_CASE("A callback is whatever has at least one hook", "[callback]") {
  STATIC_REQUIRE(TrainCallback<Begin>);
  STATIC_REQUIRE(TrainCallback<Answering>);
  STATIC_REQUIRE(TrainCallback<Answering&>);
  STATIC_REQUIRE(TrainCallback<End>);
  STATIC_REQUIRE(TrainCallback<EarlyStop>);
  STATIC_REQUIRE(TrainCallback<ProgressLine>);
  STATIC_REQUIRE(!TrainCallback<Misspelled>);
  STATIC_REQUIRE(!TrainCallback<WantsToChange>);
}

TEST_CASE("Each hook is found by itself", "[callback]") {
  STATIC_REQUIRE((HasTrainBegin<Begin> && !HasStepEnd<Begin> && !HasTrainEnd<Begin>));
  STATIC_REQUIRE((!HasTrainBegin<Answering> && HasStepEnd<Answering> && !HasTrainEnd<Answering>));
  STATIC_REQUIRE((!HasTrainBegin<End> && !HasStepEnd<End> && HasTrainEnd<End>));
}

}  // namespace callback_test
