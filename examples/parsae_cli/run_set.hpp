// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/metrics_file.hpp>
#include <parsae/io/run_directory.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "options_json.hpp"
#include "plan.hpp"
#include "sae_run.hpp"

namespace parsae_cli {

/// The settings of one SAE's run directory: what a resumed run must agree on.
[[nodiscard]] inline nlohmann::ordered_json run_settings(const TrainOptions& options, const SaePlan& sae,
                                                         const TrainPlan& plan) {
  nlohmann::ordered_json settings = options_json(options, Effect::Result);
  settings["sae"] = {{"rule", sae.rule},           {"n_inputs", plan.n_inputs},
                     {"n_latents", sae.n_latents}, {"seed", sae.seed},
                     {"steps", plan.steps},        {"batch", plan.batch},
                     {"rows", plan.n_rows},        {"learning_rate", sae.learning_rate},
                     {"folder", sae.folder}};
  settings["sae"][sae.has_price()          ? "l1"
                  : sae.rule == "jumprelu" ? "target_l0"
                                           : "k"] = sae.has_price() ? sae.l1 : sae.k;
  return settings;
}

/// One SAE in training with its run directory.
class RunMember {
 public:
  RunMember(std::unique_ptr<SaeRun> run, parsae::RunDirectory directory, const SaePlan& plan, Index log_every)
      : run_(std::move(run)),
        directory_(std::move(directory)),
        plan_(plan),
        jsonl_(directory_.metrics_path(), metrics_settings<parsae::JsonlMetrics>(log_every)),
        csv_(directory_.csv_path(), metrics_settings<parsae::CsvMetrics>(log_every)) {}
  RunMember(const RunMember&) = delete;
  RunMember& operator=(const RunMember&) = delete;

  [[nodiscard]] SaeRun& run() const { return *run_; }
  [[nodiscard]] const parsae::RunDirectory& directory() const { return directory_; }
  [[nodiscard]] const SaePlan& plan() const { return plan_; }
  [[nodiscard]] const parsae::TrainProgress& progress() const { return run_->progress(); }

  /// The sentence that says when and why it diverged; empty while it has not.
  [[nodiscard]] const std::string& diverged() const { return diverged_; }

  void begin() {
    jsonl_.on_train_begin(progress());
    csv_.on_train_begin(progress());
  }

  /// A member that has diverged stands still.
  void step(const parsae::Batch<float>& batch) {
    if (!diverged_.empty()) return;
    const std::string term(run_->step(batch));
    if (!term.empty()) {
      diverged_ = "diverged: " + term + " is not finite in step " + std::to_string(progress().step);
      return;
    }
    jsonl_.on_step_end(progress());
    csv_.on_step_end(progress());
  }

  void end() {
    if (!diverged_.empty()) return;
    jsonl_.on_train_end(progress());
    csv_.on_train_end(progress());
  }

  void save_checkpoint(const parsae::SourcePosition& position) const {
    if (diverged_.empty()) run_->save_checkpoint(directory_, position);
  }

 private:
  template <class Metrics>
  [[nodiscard]] typename Metrics::Settings metrics_settings(Index every_steps) const {
    return {.every_steps = every_steps, .extend = [run = run_.get()](nlohmann::ordered_json& record) {
              record["details/description_length"] = run->description_length();
            }};
  }

  std::unique_ptr<SaeRun> run_;
  parsae::RunDirectory directory_;
  SaePlan plan_;
  parsae::JsonlMetrics jsonl_;
  parsae::CsvMetrics csv_;
  std::string diverged_;
};

/// The steps of which every member has a checkpoint, the newest first.
[[nodiscard]] inline std::vector<Index> common_checkpoints(const std::vector<std::unique_ptr<RunMember>>& members) {
  std::map<Index, std::size_t, std::greater<>> count;
  for (const auto& member : members)
    for (const auto& checkpoint : member->directory().checkpoints()) ++count[checkpoint.step];
  std::vector<Index> steps;
  for (const auto& [step, n] : count)
    if (n == members.size()) steps.push_back(step);
  return steps;
}

}  // namespace parsae_cli
