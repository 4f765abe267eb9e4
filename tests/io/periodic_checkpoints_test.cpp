// SPDX-License-Identifier: MIT
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/io/metrics_file.hpp>
#include <parsae/io/periodic_checkpoints.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/train/early_stop.hpp>
#include <parsae/train/shared_pass.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/training_fixture.hpp>
#include <spawn.h>
#include <support/temporary_folder.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <regex>
#include <thread>

namespace periodic_checkpoints_test {

using namespace parsae;
using Access = RunDirectory::Access;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

constexpr Index n_steps = 60;
const nlohmann::ordered_json settings{{"seed", 5}};

/// Feature Choice after Mutual Choice, with AuxK: the most state.
struct Run : test::FixtureRun<FeatureChoice<float>, Objective<MeanSquaredError, AuxK>> {
  explicit Run(int threads, Index steps = n_steps)
      : FixtureRun(FeatureChoice<float>({.k = 3.5, .budgets = Budgets::Zipf, .mutual_choice_batches = 20}),
                   Objective(MeanSquaredError(), AuxK({.k_aux = 5})), test::fixture_settings(steps, threads), 64) {}
};

std::vector<Index> steps_of(const RunDirectory& run) {
  std::vector<Index> steps;
  for (const RunDirectory::Checkpoint& checkpoint : run.checkpoints()) steps.push_back(checkpoint.step);
  return steps;
}

/// What a program does that can be stopped at any instant and started again.
void begin_or_go_on(const fs::path& folder, int threads) {
  const RunDirectory directory =
      RunDirectory::is_run(folder) ? RunDirectory::open(folder, Access::Write) : RunDirectory::create(folder, settings);
  Run run(threads);
  const RunDirectory::Resumption resumption = directory.resume(run.trainer);
  if (!resumption.refused.empty()) throw FileError(folder, "a checkpoint is damaged: " + resumption.refused[0]);
  if (resumption.step == 0) run.start();
  run.source.seek(resumption.position);
  JsonlMetrics json(directory.metrics_path(), {.every_steps = 7});
  CsvMetrics csv(directory.csv_path(), {.every_steps = 1});
  PeriodicCheckpoints checkpoints(directory, run.trainer, run.source, {.every_steps = 4});
  run.trainer.train(run.source, json, csv, checkpoints);
  save(run.model, directory.model_path());
}

/// Model and metrics of a finished run; the clock aside.
std::string result_of(const fs::path& folder) {
  const RunDirectory run = RunDirectory::open(folder, Access::ReadOnly);
  const std::string json = test::content_of(run.metrics_path());
  const std::string csv = test::content_of(run.csv_path());
  return test::content_of(run.model_path()) +
         std::regex_replace(json, std::regex("\"details/seconds\":[^}]*"), "\"details/seconds\":0") +
         std::regex_replace(csv, std::regex(",[^,\n]*\n"), "\n");
}

/// This test program once more, to do nothing but the test "a run for other processes to kill".
pid_t spawn_run(const fs::path& folder, int threads) {
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  std::string name = "a run for other processes to kill";
  ::setenv("PARSAE_TEST_RUN_FOLDER", folder.c_str(), 1);
  ::setenv("PARSAE_TEST_RUN_THREADS", std::to_string(threads).c_str(), 1);
  std::string path = program;
  char* arguments[] = {path.data(), name.data(), nullptr};
  posix_spawn_file_actions_t quiet;
  ::posix_spawn_file_actions_init(&quiet);
  ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, program.c_str(), &quiet, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&quiet);
  ::unsetenv("PARSAE_TEST_RUN_FOLDER");
  REQUIRE(error == 0);
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a run for other processes to kill", "[.]") {
  const char* folder = std::getenv("PARSAE_TEST_RUN_FOLDER");
  if (folder != nullptr) begin_or_go_on(folder, std::atoi(std::getenv("PARSAE_TEST_RUN_THREADS")));
  SUCCEED();
}

TEST_CASE("a run that is killed at 50 random instants ends with the bits of one that never was") {
  const test::TemporaryFolder folder;
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(wait_for(spawn_run(folder / "whole", 1)) == 0);
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - start;
  const std::string expected = result_of(folder / "whole");

  const Random random(17);
  std::uint64_t draw = 0;
  int n_kills = 0;
  int n_finished = 0;
  for (; n_kills < 50; ++n_finished) {
    const fs::path path = folder / std::to_string(n_finished);
    for (;;) {
      const pid_t child = spawn_run(path, 1 + static_cast<int>(draw % 2));
      std::this_thread::sleep_for(random.uniform(draw++) * whole);
      ::kill(child, SIGKILL);
      const int status = wait_for(child);
      if (WIFEXITED(status)) {
        REQUIRE(WEXITSTATUS(status) == 0);
        break;
      }
      ++n_kills;
      REQUIRE(draw < 500);
    }
    CHECK(result_of(path) == expected);
  }
  CHECK(n_finished >= 1);
  CHECK(n_kills >= 50);
}

TEST_CASE("a full disk during a checkpoint loses nothing: the last good one loads, and the run ends as it would have") {
  const test::TemporaryFolder folder;
  begin_or_go_on(folder / "whole", 1);
  const fs::path path = folder / "full";
  CHECK(test::holds_in_child([&] {
    const RunDirectory directory = RunDirectory::create(path, settings);
    Run run(1);
    run.start();
    std::signal(SIGXFSZ, SIG_IGN);
    /// The disk is full from step 10 on.
    struct Filler {
      void on_step_end(const TrainProgress& progress) {
        const rlimit limit{20'000, 20'000};
        if (progress.step == 10) ::setrlimit(RLIMIT_FSIZE, &limit);
      }
    };
    JsonlMetrics json(directory.metrics_path(), {.every_steps = 7});
    CsvMetrics csv(directory.csv_path(), {.every_steps = 1});
    PeriodicCheckpoints checkpoints(directory, run.trainer, run.source, {.every_steps = 4});
    try {
      run.trainer.train(run.source, json, csv, checkpoints, Filler());
    } catch (const FileError& error) {
      return error.path() == directory.checkpoint_path(12) && error.reason() == "cannot be written: File too large" &&
             steps_of(directory) == std::vector<Index>{4, 8};
    }
    return false;
  }));
  begin_or_go_on(path, 2);
  CHECK(result_of(path) == result_of(folder / "whole"));
}

TEST_CASE("checkpoints are written every so many steps, and when training stops") {
  const test::TemporaryFolder folder;
  const RunDirectory directory =
      RunDirectory::create(folder / "run", settings, nlohmann::ordered_json::object(), {.keep_checkpoints = 100});
  struct StopAt {
    Index step;
    CallbackAction on_step_end(const TrainProgress& progress) const {
      return progress.step == step ? CallbackAction::Stop : CallbackAction::Continue;
    }
  };
  Run run(1);
  run.start();
  PeriodicCheckpoints checkpoints(directory, run.trainer, run.source, {.every_steps = 8});
  run.trainer.train(run.source, StopAt{19}, checkpoints);
  CHECK(steps_of(directory) == std::vector<Index>{8, 16, 19});
  fs::remove(directory.checkpoint_path(19));
  run.trainer.train(run.source, StopAt{24}, checkpoints);
  CHECK(steps_of(directory) == std::vector<Index>{8, 16, 24});
  fs::remove(directory.checkpoint_path(24));
  CHECK(run.trainer.train(run.source, checkpoints).reason == StopReason::Completed);
  CHECK(steps_of(directory) == std::vector<Index>{8, 16, 32, 40, 48, 56, 60});
  fs::remove(directory.checkpoint_path(60));
  run.trainer.train(run.source, checkpoints);  // nothing was done
  CHECK_FALSE(fs::exists(directory.checkpoint_path(60)));
}

TEST_CASE("checkpoints are written for the time that has passed, and with all parts") {
  const test::TemporaryFolder folder;
  const RunDirectory directory =
      RunDirectory::create(folder / "run", settings, nlohmann::ordered_json::object(), {.keep_checkpoints = 100});
  Run run(1);
  run.start();
  EarlyStop early_stop;
  PeriodicCheckpoints checkpoints(directory, run.trainer, run.source, {.every_seconds = 10}, early_stop);
  TrainProgress progress;
  progress.seconds = 100;  // of earlier calls
  checkpoints.on_train_begin(progress);
  for (const double seconds : {104.0, 109.9, 110.5, 120.4, 120.6}) {
    run.train(1);
    progress.step = run.trainer.progress().step;
    progress.seconds = seconds;
    checkpoints.on_step_end(progress);
  }
  CHECK(steps_of(directory) == std::vector<Index>{3, 5});
  CHECK(SafetensorsReader(directory.checkpoint_path(3)).contains("training.early_stop.best"));
}

TEST_CASE("a trainer that stops while others go on saves where the source stood at its own last step") {
  const test::TemporaryFolder folder;
  Run whole(1);
  whole.start();
  whole.train(n_steps);

  const RunDirectory directory = RunDirectory::create(folder / "run", settings);
  struct StopAt20 {
    CallbackAction on_step_end(const TrainProgress& progress) const {
      return progress.step == 20 ? CallbackAction::Stop : CallbackAction::Continue;
    }
  };
  Run first(1);
  Run second(1);
  first.start();
  second.start();
  SharedPass<float> pass;
  pass.add(first.trainer, StopAt20(), PeriodicCheckpoints(directory, first.trainer, first.source, {}));
  pass.add(second.trainer);
  pass.train(first.source);
  REQUIRE(second.trainer.progress().step == n_steps);

  Run resumed(2);
  const RunDirectory::Resumption resumption = directory.resume(resumed.trainer);
  REQUIRE(resumption.step == 20);
  resumed.source.seek(resumption.position);
  resumed.train(n_steps - 20);
  CHECK(resumed.state() == whole.state());
}

TEST_CASE("a run that diverges keeps its last good checkpoint") {
  const test::TemporaryFolder folder;
  const RunDirectory directory = RunDirectory::create(folder / "run", settings);
  TrainSettings diverging{.steps = 50, .learning_rate = 1e30, .threads = Threads(1)};
  test::FixtureRun run(TopK<float>({.k = 3}), Objective(MeanSquaredError()), diverging, 20);
  run.start();
  PeriodicCheckpoints checkpoints(directory, run.trainer, run.source, {.every_steps = 1});
  const TrainReport report = run.trainer.train(run.source, checkpoints);
  REQUIRE(report.reason == StopReason::Diverged);
  REQUIRE(report.steps > 1);
  CHECK(directory.checkpoints().back().step == report.steps - 1);
}

TEST_CASE("impossible intervals are refused") {
  const test::TemporaryFolder folder;
  const RunDirectory directory = RunDirectory::create(folder / "run", settings);
  Run run(1);
  const auto make = [&](const CheckpointIntervals& intervals) {
    PeriodicCheckpoints checkpoints(directory, run.trainer, run.source, intervals);
  };
  CHECK_THROWS_WITH(make({.every_steps = -1}),
                    ContainsSubstring("CheckpointIntervals every_steps: expected at least 0"));
  CHECK_THROWS_WITH(make({.every_seconds = 0}), ContainsSubstring("CheckpointIntervals every_seconds"));
}

}  // namespace periodic_checkpoints_test
