// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/train/stage_times.hpp>

#include <measure/conversation.hpp>
#include <measure/spread.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "row.hpp"
#include "step_request.hpp"

namespace parsae_benchmarks {

/// One method in a process of its own, and the times of its steps, round by round.
class Contestant {
 public:
  Contestant(std::string method, const Conversation::Settings& settings)
      : method_(std::move(method)), conversation_(settings), introduction_(conversation_.listen()) {}

  [[nodiscard]] const std::string& method() const { return method_; }
  [[nodiscard]] const nlohmann::ordered_json& introduction() const { return introduction_; }

  /// Steps that are not timed, until their pace is known: three, or one where a step takes long.
  void prepare(const StepRequest& request) {
    conversation_.ask(to_json(request));
    expected_seconds_ = take(1).front();
    if (expected_seconds_ < 1) expected_seconds_ = take(2).back();
  }

  [[nodiscard]] double expected_seconds() const { return expected_seconds_; }

  /// One round: as many steps as fit into `seconds`, at least one. Returns its median. Where steps are short, one goes
  /// before that brings the weights back into the caches.
  double play(double seconds) {
    std::this_thread::sleep_for(settling);
    const double fit = std::clamp(seconds / expected_seconds_, 1.0, 400.0);
    const bool has_lead = expected_seconds_ < 0.1;
    const auto count = static_cast<Index>(fit) + (has_lead ? 1 : 0);
    std::vector<double> times = take(count);
    if (has_lead) times.erase(times.begin());
    const nlohmann::ordered_json stages = last_.value("stages", nlohmann::ordered_json::object());
    for (const auto& [name, list] : stages.items())
      for (std::size_t i = has_lead ? 1 : 0; i < list.size(); ++i) stages_[name].push_back(list[i]);
    seconds_.insert(seconds_.end(), times.begin(), times.end());
    return median_of(times);
  }

  /// Everything so far.
  [[nodiscard]] Row row() {
    Row row;
    row.method = method_;
    row.steps = static_cast<Index>(seconds_.size());
    row.step_seconds = spread_of(seconds_);
    for (const auto& stage : parsae::StageTimes().named()) {
      const auto found = stages_.find(std::string(stage.name));
      if (found != stages_.end()) row.stage_seconds.emplace_back(found->first, median_of(found->second));
    }
    row.peak_mb = number(conversation_.ask({{"command", "memory"}}), "peak_mb");
    row.l0 = number(last_, "l0");
    row.loss = number(last_, "loss");
    row.n_dead = last_.value("n_dead", Index{0});
    if (last_.contains("screening")) row.screening = last_["screening"];
    return row;
  }

 private:
  /// An OpenMP team spins for some milliseconds after its last work; nobody is timed beside it.
  static constexpr std::chrono::milliseconds settling{30};

  std::vector<double> take(Index count) {
    last_ = conversation_.ask({{"command", "step"}, {"count", count}});
    std::vector<double> times = last_.at("seconds");
    if (static_cast<Index>(times.size()) != count)
      throw std::runtime_error(method_ + ": expected the times of " + std::to_string(count) + " steps, got " +
                               std::to_string(times.size()));
    return times;
  }

  [[nodiscard]] static double number(const nlohmann::ordered_json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
  }

  std::string method_;
  Conversation conversation_;
  nlohmann::ordered_json introduction_;
  nlohmann::ordered_json last_;
  double expected_seconds_ = 0;
  std::vector<double> seconds_;
  std::map<std::string, std::vector<double>> stages_;
};

}  // namespace parsae_benchmarks
