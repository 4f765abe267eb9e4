// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/io/run_directory.hpp>
#include <parsae/losses/aux_k.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/training_fixture.hpp>
#include <support/temporary_folder.hpp>

namespace run_directory_test {

using namespace parsae;
using Access = RunDirectory::Access;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

const Json settings{{"seed", 5}, {"files", {"a.npy"}}};

struct SmallRun : test::FixtureRun<TopK<float>, Objective<MeanSquaredError, AuxK>> {
  explicit SmallRun(Index k = 3)
      : FixtureRun(TopK<float>({.k = k}), Objective(MeanSquaredError(), AuxK({.k_aux = 5})),
                   test::fixture_settings(40, 1), 20) {}
};

std::vector<Index> steps_of(const RunDirectory& run) {
  std::vector<Index> steps;
  for (const RunDirectory::Checkpoint& checkpoint : run.checkpoints()) steps.push_back(checkpoint.step);
  return steps;
}

/// Trains and saves after each of the steps given.
void save_after(const RunDirectory& run, SmallRun& small, std::initializer_list<Index> steps) {
  for (const Index step : steps) {
    small.train(step - small.trainer.progress().step);
    run.save_checkpoint(small.trainer, small.source.position());
  }
}

}  // namespace

TEST_CASE("a run is created once, and opened with the settings that it was created with") {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "deep" / "run";
  CHECK_FALSE(RunDirectory::is_run(path));
  CHECK(test::refusal(path, [&] { static_cast<void>(RunDirectory::open(path, Access::Write)); }).reason() ==
        "is not the folder of a run: it has no config.json");
  {
    const RunDirectory run = RunDirectory::create(path, settings, {{"command", "train"}}, {});
    CHECK(run.settings() == settings);
    CHECK(run.about()["command"] == "train");
    CHECK(run.checkpoints().empty());
    CHECK(run.checkpoint_path(1234) == path / "checkpoints" / "step_000001234.safetensors");
    CHECK(run.metrics_path() == path / "metrics.jsonl");
    CHECK(run.csv_path() == path / "metrics.csv");
    CHECK(run.model_path() == path / "model.safetensors");
    CHECK(run.report_path() == path / "report.html");
  }
  CHECK(RunDirectory::is_run(path));
  CHECK(test::refusal(path, [&] { static_cast<void>(RunDirectory::create(path, settings)); }).reason() ==
        "already holds a run");
  const RunDirectory run = RunDirectory::open(path, Access::ReadOnly);
  CHECK(run.settings() == settings);
  CHECK(run.about()["command"] == "train");
  CHECK_NOTHROW(run.require_settings({{"files", {"a.npy"}}, {"seed", 5}}));
  CHECK_THROWS_WITH(run.require_settings({{"files", {"b.npy"}}, {"seed", 6}}),
                    "cannot go on with the run in " + path.string() +
                        R"( with other settings: files was ["a.npy"] and is ["b.npy"], seed was 5 and is 6)");
  CHECK_THROWS_WITH(RunDirectory::open(path, Access::ReadOnly, {.keep_checkpoints = 0}),
                    "RunDirectory keep_checkpoints: expected at least 1, got 0");
}

TEST_CASE("a folder that holds something else never becomes a run") {
  const test::TemporaryFolder folder;
  test::make_file(folder / "notes.txt", "mine");
  CHECK(test::refusal(folder.path(), [&] {
          static_cast<void>(RunDirectory::create(folder.path(), settings));
        }).reason() == "cannot become the folder of a run: it is not empty, it holds \"notes.txt\"");
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
  CHECK_THROWS_AS(RunDirectory::create(folder / "notes.txt", settings), FileError);
  CHECK(test::content_of(folder / "notes.txt") == "mine");

  for (const char* text : {"", "{", "[]", R"({"format":"x"})", R"({"format":"parsae run","version":1,"settings":3})"}) {
    const auto config = test::make_file(folder / "config.json", text);
    CHECK(test::refusal(config, [&] {
            static_cast<void>(RunDirectory::open(folder.path(), Access::Write));
          }).reason() == "is not the configuration of a parsae run");
  }
  test::make_file(folder / "config.json", R"({"format":"parsae run","version":2,"settings":{},"about":{}})");
  CHECK(test::refusal(folder / "config.json", [&] {
          static_cast<void>(RunDirectory::open(folder.path(), Access::Write));
        }).reason() == "expected version 1, got 2");
}

TEST_CASE("what a killed process leaves behind neither blocks a run nor stays") {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "run";
  fs::create_directories(path / "checkpoints");
  test::make_file(path / ".parsae-1-0.tmp", "half a config");
  static_cast<void>(RunDirectory::create(path, settings));
  test::make_file(path / "checkpoints" / ".parsae-1-1.tmp", "half a checkpoint");
  static_cast<void>(RunDirectory::open(path, Access::ReadOnly));
  CHECK(fs::exists(path / ".parsae-1-0.tmp"));
  static_cast<void>(RunDirectory::open(path, Access::Write));
  CHECK_FALSE(fs::exists(path / ".parsae-1-0.tmp"));
  CHECK(fs::is_empty(path / "checkpoints"));
}

TEST_CASE("one process at a time writes to a run, any number read it") {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "run";
  {
    const RunDirectory run = RunDirectory::create(path, settings);
    CHECK(test::refusal(path, [&] { static_cast<void>(RunDirectory::open(path, Access::Write)); }).reason() ==
          "is in use: another process writes to this run");
    CHECK_NOTHROW(RunDirectory::open(path, Access::ReadOnly));
  }
  const RunDirectory run = RunDirectory::open(path, Access::Write);
  CHECK_THROWS_AS(RunDirectory::open(path, Access::Write), FileError);
}

TEST_CASE("the newest checkpoints are kept") {
  const test::TemporaryFolder folder;
  SmallRun small;
  small.start();
  {
    const RunDirectory run = RunDirectory::create(folder / "run", settings);
    save_after(run, small, {2, 3, 5, 9, 10});
    CHECK(steps_of(run) == std::vector<Index>{5, 9, 10});
    test::make_file(run.checkpoints_path() / "step_7.safetensors", "not one of ours");
    test::make_file(run.checkpoints_path() / "step_000000001.txt", "nor this");
    CHECK(steps_of(run) == std::vector<Index>{5, 9, 10});
  }
  const RunDirectory run = RunDirectory::open(folder / "run", Access::Write, {.keep_checkpoints = 1});
  save_after(run, small, {12});
  CHECK(steps_of(run) == std::vector<Index>{12});
}

TEST_CASE("a folder of checkpoints that cannot be read is not taken for an empty one") {
  const test::TemporaryFolder folder;
  static_cast<void>(RunDirectory::create(folder / "run", settings));
  const RunDirectory run = RunDirectory::open(folder / "run", Access::ReadOnly);
  fs::remove(run.checkpoints_path());
  CHECK(run.checkpoints().empty());
  test::make_file(run.checkpoints_path(), "no folder");
  SmallRun small;
  const FileError error = test::refusal(run.checkpoints_path(), [&] { static_cast<void>(run.resume(small.trainer)); });
  CHECK_THAT(error.reason(), ContainsSubstring("cannot be read: "));
}

TEST_CASE("a run goes on from the newest checkpoint that is whole, and says which are not") {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder / "run", settings, Json::object(), {.keep_checkpoints = 2});
  SmallRun small;
  const RunDirectory::Resumption beginning = run.resume(small.trainer);
  CHECK(beginning.step == 0);
  CHECK(beginning.position == SourcePosition{});
  CHECK(beginning.refused.empty());

  small.start();
  save_after(run, small, {4, 6});
  const std::string newest = test::content_of(run.checkpoint_path(6));
  SmallRun same;
  CHECK(run.resume(same.trainer).step == 6);
  CHECK(same.state() == small.state());

  test::make_file(run.checkpoint_path(6), newest.substr(0, newest.size() / 2));
  SmallRun older;
  const RunDirectory::Resumption resumption = run.resume(older.trainer);
  CHECK(resumption.step == 4);
  CHECK(resumption.position == SourcePosition{0, 800});
  REQUIRE(resumption.refused.size() == 1);
  CHECK_THAT(resumption.refused[0], ContainsSubstring("step_000000006.safetensors") && ContainsSubstring("truncated"));

  // The damaged one does not push good ones out.
  older.source.seek(resumption.position);
  save_after(run, older, {5});
  CHECK(steps_of(run) == std::vector<Index>{4, 5, 6});
  save_after(run, older, {6, 7});
  CHECK(steps_of(run) == std::vector<Index>{6, 7});
  CHECK(test::content_of(run.checkpoint_path(6)).size() == newest.size());

  SmallRun other(4);
  CHECK_THROWS_WITH(run.resume(other.trainer), ContainsSubstring("model.activation_settings.k was 3 and is 4"));
  for (const Index step : {6, 7}) test::make_file(run.checkpoint_path(step), "");
  CHECK_THAT(test::refusal(run.path(), [&] { static_cast<void>(run.resume(small.trainer)); }).reason(),
             ContainsSubstring("no checkpoint can be loaded: ") && ContainsSubstring("step_000000007"));
}

}  // namespace run_directory_test
