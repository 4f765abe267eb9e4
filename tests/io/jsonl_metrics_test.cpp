// SPDX-License-Identifier: MIT
#include <parsae/io/jsonl_metrics.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

#include <csignal>
#include <limits>
#include <sstream>
#include <vector>

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<LossTerm> terms{{"mean_squared_error", 0.5}, {"l1", 0.25}};

TrainProgress progress_at(Index step) {
  TrainProgress progress;
  progress.step = step;
  progress.total_steps = 1000;
  progress.samples = 64 * step;
  progress.loss = 0.75;
  progress.terms = {terms.data(), static_cast<Index>(terms.size())};
  progress.fvu = 0.125;
  progress.l0 = 3.5;
  progress.gradient_norm = 2.25;
  progress.learning_rate = 1e-3;
  progress.n_latents = 8;
  progress.n_dead = 2;
  progress.seconds = 1.5;
  return progress;
}

/// Every line of a file, parsed; the file ends with a line break.
std::vector<nlohmann::json> lines_of(const std::filesystem::path& path) {
  const std::string content = test::content_of(path);
  if (!content.empty()) CHECK(content.back() == '\n');
  std::istringstream in(content);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::vector<Index> steps_of(const std::filesystem::path& path) {
  std::vector<Index> steps;
  for (const nlohmann::json& line : lines_of(path)) steps.push_back(line.at("step").get<Index>());
  return steps;
}

}  // namespace

TEST_CASE("a line has the progress of its step under these names, in this order") {
  const test::TemporaryFolder folder;
  JsonlMetrics metrics(folder / "metrics.jsonl", {.every_steps = 1});
  metrics.on_step_end(progress_at(7));
  CHECK(test::content_of(folder / "metrics.jsonl") ==
        R"({"step":7,"samples":448,"seconds":1.5,"loss":0.75,"losses":{"mean_squared_error":0.5,"l1":0.25},)"
        R"("fvu":0.125,"l0":3.5,"dead_fraction":0.25,"learning_rate":0.001,"gradient_norm":2.25})"
        "\n");
}

TEST_CASE("numbers that are not finite are null") {
  const test::TemporaryFolder folder;
  JsonlMetrics metrics(folder / "metrics.jsonl", {.every_steps = 1});
  TrainProgress progress = progress_at(1);
  const std::vector<LossTerm> diverged{{"mean_squared_error", std::numeric_limits<double>::quiet_NaN()}};
  progress.terms = {diverged.data(), 1};
  progress.loss = std::numeric_limits<double>::quiet_NaN();
  progress.fvu = -std::numeric_limits<double>::infinity();
  progress.l0 = std::numeric_limits<double>::quiet_NaN();
  progress.seconds = progress.learning_rate = progress.gradient_norm = std::numeric_limits<double>::infinity();
  progress.n_latents = progress.n_dead = 0;
  metrics.on_step_end(progress);
  const nlohmann::json line = lines_of(folder / "metrics.jsonl").at(0);
  for (const char* key : {"loss", "fvu", "l0", "seconds", "learning_rate", "gradient_norm", "dead_fraction"}) {
    INFO(key);
    CHECK(line.at(key).is_null());
  }
  CHECK(line.at("losses").at("mean_squared_error").is_null());
  CHECK(line.at("step") == 1);
}

TEST_CASE("every so many steps, and the last step once") {
  const test::TemporaryFolder folder;
  const auto steps = [&](const std::string& name, Index every_steps, Index last) {
    JsonlMetrics metrics(folder / name, {.every_steps = every_steps});
    for (Index step = 1; step <= last; ++step) metrics.on_step_end(progress_at(step));
    metrics.on_train_end(progress_at(last));
    return steps_of(folder / name);
  };
  CHECK(steps("a", 3, 7) == std::vector<Index>{3, 6, 7});
  CHECK(steps("b", 3, 6) == std::vector<Index>{3, 6});
  CHECK(steps("c", 1, 3) == std::vector<Index>{1, 2, 3});
  CHECK(steps("d", 100, 2) == std::vector<Index>{2});
  JsonlMetrics metrics(folder / "e");
  for (Index step = 1; step <= 250; ++step) metrics.on_step_end(progress_at(step));
  CHECK(steps_of(folder / "e") == std::vector<Index>{100, 200});
}

TEST_CASE("a line is in the file as soon as it is written, and another run appends") {
  const test::TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  {
    JsonlMetrics metrics(path, {.every_steps = 1});
    metrics.on_step_end(progress_at(1));
    CHECK(steps_of(path) == std::vector<Index>{1});
    metrics.on_step_end(progress_at(2));
    CHECK(steps_of(path) == std::vector<Index>{1, 2});
  }
  JsonlMetrics again(path, {.every_steps = 1});
  again.on_step_end(progress_at(2));
  CHECK(steps_of(path) == std::vector<Index>{1, 2, 2});
}

TEST_CASE("a path that cannot be opened, a disk that is full, and impossible settings are refused") {
  const test::TemporaryFolder folder;
  const auto missing = folder / "no such folder" / "metrics.jsonl";
  CHECK(test::refusal(missing, [&] { JsonlMetrics metrics(missing); }).reason() == "cannot be opened for appending");
  CHECK(test::refusal(folder.path(), [&] { JsonlMetrics metrics(folder.path()); }).reason() ==
        "cannot be opened for appending");
  CHECK_THROWS_WITH(JsonlMetrics(folder / "unused", {.every_steps = 0}),
                    ContainsSubstring("JsonlMetrics every_steps: expected at least 1, got 0"));
  CHECK_FALSE(std::filesystem::exists(folder / "unused"));

  CHECK(test::holds_in_child([&] {
    rlimit limit{300, 300};  // bytes a file may have: one line and a part of the next
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0 || std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return false;
    JsonlMetrics metrics(folder / "full", {.every_steps = 1});
    metrics.on_step_end(progress_at(1));
    try {
      metrics.on_step_end(progress_at(2));
    } catch (const FileError& error) {
      return error.reason() == "cannot be written: the disk may be full";
    }
    return false;
  }));
}
