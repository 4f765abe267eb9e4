// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <measure/ceilings.hpp>
#include <measure/peak_memory.hpp>

#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "starting_point.hpp"
#include "step_runner.hpp"

namespace parsae_benchmarks {

/// The other end of a Conversation: this program, started again to do one thing in a process of its own, so that its
/// peak memory is its own and its threads sleep while others are timed. Understands what the peers' script does
/// ("prepare", "step", "memory", "quit"), and "ceilings" and "make" for the program that started it.
class Worker {
 public:
  Worker(std::string method, parsae::Threads threads) : method_(std::move(method)), threads_(threads) {}

  /// Answers until "quit" or the end of stdin.
  void run() {
    say({{"ready", true}});
    for (std::string line; std::getline(std::cin, line);) {
      try {
        const nlohmann::ordered_json question = nlohmann::ordered_json::parse(line);
        const std::string command = question.at("command");
        if (command == "quit") return;
        say(answer(command, question));
      } catch (const std::exception& error) {
        say({{"error", error.what()}});
      }
    }
  }

 private:
  using Json = nlohmann::ordered_json;

  static void say(const Json& json) { std::cout << json.dump() << std::endl; }

  [[nodiscard]] Json answer(const std::string& command, const Json& question) {
    if (command == "ceilings") return to_json(measure_ceilings(threads_));
    if (command == "make") return make(question);
    if (command == "prepare") return prepare(step_request_from(question));
    if (command == "step") return step(question.at("count"));
    if (command == "memory") return {{"peak_mb", peak_memory_mb()}};
    parsae::reject("command", "ceilings, make, prepare, step, memory or quit", command);
  }

  [[nodiscard]] Json make(const Json& question) const {
    const StartingPoint point = make_starting_point(
        step_request_from(question), synthetic_data_from(question.at("kind").get<std::string>()), threads_);
    return {{"threshold", point.threshold}, {"fvu", point.fvu}};
  }

  [[nodiscard]] Json prepare(const StepRequest& request) {
    batches_.resize(static_cast<std::size_t>(request.batches));
    FloatReader in(request.data);
    for (parsae::Batch<float>& batch : batches_) {
      batch.inputs.resize(request.size.d, request.size.batch);
      in.read({batch.inputs.data(), batch.inputs.size()});
    }
    runner_ = make_runner(method_, request, threads_);
    return {{"prepared", true}};
  }

  /// {"seconds": [..], "stages": {"encode": [..], ..}, "loss", "l0", "n_dead", "screening"}: lists have an entry for
  /// each step, the rest is of the last one.
  [[nodiscard]] Json step(Index count) {
    if (!runner_) parsae::reject("command", "prepare before step", "step");
    Json json = {{"seconds", Json::array()}, {"stages", Json::object()}};
    for (Index i = 0; i < count; ++i) {
      json["seconds"].push_back(runner_->step(batches_[next_batch_]));
      next_batch_ = (next_batch_ + 1) % batches_.size();
      for (const auto& stage : runner_->progress().stages.named())
        json["stages"][std::string(stage.name)].push_back(stage.seconds);
    }
    json["loss"] = runner_->progress().loss;
    json["l0"] = runner_->progress().l0;
    json["n_dead"] = runner_->progress().n_dead;
    json["screening"] = runner_->screening();
    return json;
  }

  std::string method_;
  parsae::Threads threads_;
  std::vector<parsae::Batch<float>> batches_;
  std::size_t next_batch_ = 0;
  std::unique_ptr<StepRunner> runner_;
};

}  // namespace parsae_benchmarks
