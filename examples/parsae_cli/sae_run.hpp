// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/run_directory.hpp>
#include <parsae/train/shared_pass.hpp>

#include <filesystem>
#include <memory>

#include "plan.hpp"
#include "sae.hpp"
#include "source.hpp"

namespace parsae_cli {

/// A callback of a trainer whose type is not known. Not abstract: a concept that takes it by value could not name it.
class RunWatcher {
 public:
  RunWatcher() = default;
  RunWatcher(const RunWatcher&) = delete;
  RunWatcher& operator=(const RunWatcher&) = delete;
  virtual ~RunWatcher() = default;
  virtual void on_train_begin(const parsae::TrainProgress&) {}
  virtual parsae::CallbackAction on_step_end(const parsae::TrainProgress&) { return parsae::CallbackAction::Continue; }
  virtual void on_train_end(const parsae::TrainProgress&) {}
};

/// An SAE in training whose sparsity rule is known at run time only.
class SaeRun {
 public:
  SaeRun() = default;
  SaeRun(const SaeRun&) = delete;
  SaeRun& operator=(const SaeRun&) = delete;
  virtual ~SaeRun() = default;

  /// Gives the model its starting values.
  virtual void initialize(const parsae::Matrix<float>& samples) = 0;

  /// Takes part in a pass, watched by `watcher`; both outlive it.
  virtual void join(parsae::SharedPass<float>& pass, RunWatcher& watcher) = 0;
  [[nodiscard]] virtual const parsae::TrainProgress& progress() const = 0;

  /// Bits a sample at the running densities: sum over latents of Hb(p_j), and 8 bits for each active value.
  [[nodiscard]] virtual double description_length() const = 0;

  virtual void save_checkpoint(const parsae::RunDirectory& directory, const parsae::SourcePosition& position) = 0;
  [[nodiscard]] virtual parsae::RunDirectory::Resumption resume(const parsae::RunDirectory& directory) = 0;

  /// Ends training: rules whose thresholds are measured measure them on the source.
  virtual void finish(Source& source) = 0;

  /// The model as it is now: a copy with its inference rule.
  [[nodiscard]] virtual Sae sae() const = 0;

  /// As a model file that can be trained on.
  virtual void save_model(const std::filesystem::path& path) const = 0;
};

/// Throws UsageError for settings that do not go together.
[[nodiscard]] std::unique_ptr<SaeRun> make_sae_run(const TrainOptions& options, const SaePlan& sae,
                                                   const TrainPlan& plan);

}  // namespace parsae_cli
