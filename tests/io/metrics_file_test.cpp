// SPDX-License-Identifier: MIT
#include <parsae/io/metrics_file.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

#include <csignal>
#include <limits>
#include <sstream>
#include <vector>

namespace metrics_file_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<LossTerm> terms{{"mse", 0.5}, {"l1", 0.25}};

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

TEST_CASE("each line is a record, as JSON or under a line of names") {
  const test::TemporaryFolder folder;
  JsonlMetrics json(folder / "metrics.jsonl", {.every_steps = 1});
  CsvMetrics csv(folder / "metrics.csv", {.every_steps = 1});
  for (const Index step : {7, 8}) {
    TrainProgress progress = progress_at(step);
    if (step == 8) progress.fvu = std::numeric_limits<double>::quiet_NaN();
    json.on_step_end(progress);
    csv.on_step_end(progress);
  }
  const std::vector<nlohmann::json> lines = lines_of(folder / "metrics.jsonl");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == nlohmann::json(metrics_record(progress_at(7))));
  CHECK(test::content_of(folder / "metrics.csv") ==
        "step,losses/overall_loss,losses/mse_loss,losses/l1_loss,metrics/explained_variance,metrics/l0,"
        "sparsity/dead_features,details/current_learning_rate,details/n_training_samples,details/gradient_norm,"
        "details/seconds\n"
        "7,0.75,0.5,0.25,0.875,3.5,2,0.001,448,2.25,1.5\n"
        "8,0.75,0.5,0.25,,3.5,2,0.001,512,2.25,1.5\n");
}

TEST_CASE("a program adds what it measures to every record") {
  const test::TemporaryFolder folder;
  const auto extend = [](nlohmann::ordered_json& record) { record["details/bits"] = record["step"].get<int>() + 0.5; };
  JsonlMetrics json(folder / "metrics.jsonl", {.every_steps = 1, .extend = extend});
  CsvMetrics csv(folder / "metrics.csv", {.every_steps = 1, .extend = extend});
  json.on_step_end(progress_at(7));
  csv.on_step_end(progress_at(7));
  CHECK(lines_of(folder / "metrics.jsonl").front()["details/bits"] == 7.5);
  CHECK_THAT(test::content_of(folder / "metrics.csv"),
             ContainsSubstring(",details/seconds,details/bits\n7,") && ContainsSubstring(",7.5\n"));
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
  CHECK(steps("nothing done", 3, 0).empty());
  JsonlMetrics metrics(folder / "e");
  for (Index step = 1; step <= 250; ++step) metrics.on_step_end(progress_at(step));
  CHECK(steps_of(folder / "e") == std::vector<Index>{100, 200});
}

TEST_CASE("a line is in the file as soon as it is written") {
  const test::TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  JsonlMetrics metrics(path, {.every_steps = 1});
  metrics.on_step_end(progress_at(1));
  CHECK(steps_of(path) == std::vector<Index>{1});
  metrics.on_step_end(progress_at(2));
  CHECK(steps_of(path) == std::vector<Index>{1, 2});
}

TEMPLATE_TEST_CASE("a run that is resumed any number of times leaves the lines of one that never stopped", "",
                   JsonlMetrics, CsvMetrics) {
  const test::TemporaryFolder folder;
  const auto run = [](const std::filesystem::path& path, Index from, Index to) {
    TestType metrics(path, {.every_steps = 3});
    metrics.on_train_begin(progress_at(from));
    for (Index step = from + 1; step <= to; ++step) metrics.on_step_end(progress_at(step));
    metrics.on_train_end(progress_at(to));
  };
  run(folder / "whole", 0, 11);
  const auto path = folder / "resumed";
  run(path, 0, 7);   // stopped between two lines
  run(path, 5, 10);  // its checkpoint was older
  run(path, 10, 10);
  std::ofstream(path, std::ios::app) << "{\"step\":1";  // killed while it wrote
  run(path, 4, 11);
  CHECK(test::content_of(path) == test::content_of(folder / "whole"));
  run(path, 9, 11);  // at a step that has a line
  CHECK(test::content_of(path) == test::content_of(folder / "whole"));
  run(path, 11, 11);
  CHECK(test::content_of(path) == test::content_of(folder / "whole"));
  run(path, 0, 11);
  CHECK(test::content_of(path) == test::content_of(folder / "whole"));
}

TEST_CASE("a file with other lines is refused and kept") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "notes", "{\"step\":3}\nmy notes\n");
  JsonlMetrics metrics(path);
  const FileError error = test::refusal(path, [&] { metrics.on_train_begin(progress_at(0)); });
  CHECK(error.reason() == "line 2 is not one of metrics");
  CHECK(error.offset() == 11u);
  for (const char* line : {"{}", "[]", "{\"step\":-1}", "{\"step\":\"3\"}", "3"}) {
    test::make_file(path, std::string(line) + "\n");
    JsonlMetrics other(path);
    CHECK(test::refusal(path, [&] { other.on_train_begin(progress_at(0)); }).offset() == 0u);
  }
  for (const char* line : {"3", "x,1", ""}) {
    test::make_file(path, std::string(line) + "\n");
    CsvMetrics other(path);
    CHECK(test::refusal(path, [&] { other.on_train_begin(progress_at(0)); }).offset() == 0u);
  }
}

TEST_CASE("a path that cannot be opened, a disk that is full, and impossible settings are refused") {
  const test::TemporaryFolder folder;
  const auto missing = folder / "no such folder" / "metrics.jsonl";
  CHECK(test::refusal(missing, [&] { JsonlMetrics metrics(missing); }).reason() == "cannot be opened for appending");
  CHECK(test::refusal(folder.path(), [&] { JsonlMetrics metrics(folder.path()); }).reason() ==
        "cannot be opened for appending");
  CHECK_THROWS_WITH(JsonlMetrics(folder / "unused", {.every_steps = 0}),
                    ContainsSubstring("MetricsFile every_steps: expected at least 1, got 0"));
  CHECK_FALSE(std::filesystem::exists(folder / "unused"));

  CHECK(test::holds_in_child([&] {
    rlimit limit{400, 400};  // bytes a file may have: one line and a part of the next
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

}  // namespace metrics_file_test
