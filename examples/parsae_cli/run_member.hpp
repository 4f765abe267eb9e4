// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/metrics_file.hpp>
#include <parsae/io/run_directory.hpp>

#include <support/interrupt.hpp>

#include <functional>
#include <memory>
#include <utility>

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

/// One SAE in training with its run directory: writes its metrics and checkpoints, and stops on Ctrl-C.
class RunMember final : public RunWatcher {
 public:
  struct Settings {
    Index log_every = 100;
    Index checkpoint_every = 1000;
    std::function<void(Index step)> on_step{};  ///< to show how far it is
  };

  /// \param source  that of the pass, whose place is saved; outlives the member
  RunMember(std::unique_ptr<SaeRun> run, parsae::RunDirectory directory, const SaePlan& plan, const Source& source,
            const Settings& settings)
      : run_(std::move(run)),
        directory_(std::move(directory)),
        plan_(plan),
        source_(&source),
        settings_(settings),
        jsonl_(directory_.metrics_path(), metrics_settings<parsae::JsonlMetrics>()),
        csv_(directory_.csv_path(), metrics_settings<parsae::CsvMetrics>()) {}

  [[nodiscard]] SaeRun& run() const { return *run_; }
  [[nodiscard]] const parsae::RunDirectory& directory() const { return directory_; }
  [[nodiscard]] const SaePlan& plan() const { return plan_; }
  [[nodiscard]] const parsae::TrainProgress& progress() const { return run_->progress(); }

  void on_train_begin(const parsae::TrainProgress& progress) override {
    heard_step_ = saved_step_ = progress.step;
    jsonl_.on_train_begin(progress);
    csv_.on_train_begin(progress);
  }

  parsae::CallbackAction on_step_end(const parsae::TrainProgress& progress) override {
    heard_step_ = progress.step;
    position_ = source_->position();  // others may go on, and the source with them
    jsonl_.on_step_end(progress);
    csv_.on_step_end(progress);
    if (progress.step % settings_.checkpoint_every == 0) save();
    if (settings_.on_step) settings_.on_step(progress.step);
    return parsae_examples::Interrupt::requested() ? parsae::CallbackAction::Stop : parsae::CallbackAction::Continue;
  }

  /// A step that diverged is none that on_step_end() heard of: neither metrics nor checkpoint are touched by it.
  void on_train_end(const parsae::TrainProgress& progress) override {
    if (progress.step != heard_step_) return;
    jsonl_.on_train_end(progress);
    csv_.on_train_end(progress);
    if (progress.step != saved_step_) save();
  }

 private:
  template <class Metrics>
  [[nodiscard]] typename Metrics::Settings metrics_settings() const {
    return {.every_steps = settings_.log_every, .extend = [run = run_.get()](nlohmann::ordered_json& record) {
              record["details/description_length"] = run->description_length();
            }};
  }

  void save() {
    run_->save_checkpoint(directory_, position_);
    saved_step_ = heard_step_;
  }

  std::unique_ptr<SaeRun> run_;
  parsae::RunDirectory directory_;
  SaePlan plan_;
  const Source* source_;
  Settings settings_;
  parsae::JsonlMetrics jsonl_;
  parsae::CsvMetrics csv_;
  parsae::SourcePosition position_;  ///< after the last step
  Index heard_step_ = 0;
  Index saved_step_ = 0;
};

}  // namespace parsae_cli
