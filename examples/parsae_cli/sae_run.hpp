// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/batch.hpp>
#include <parsae/io/run_directory.hpp>
#include <parsae/train/train_progress.hpp>

#include <filesystem>
#include <memory>
#include <string_view>

#include "plan.hpp"
#include "sae.hpp"
#include "source.hpp"

namespace parsae_cli {

/// An SAE in training whose sparsity rule is known at run time only.
class SaeRun {
 public:
  SaeRun() = default;
  SaeRun(const SaeRun&) = delete;
  SaeRun& operator=(const SaeRun&) = delete;
  virtual ~SaeRun() = default;

  /// Gives the model its starting values.
  virtual void initialize(const parsae::Matrix<float>& samples) = 0;

  /// One step. Returns the name of a loss term that is not finite, or an empty name.
  virtual std::string_view step(const parsae::Batch<float>& batch) = 0;
  [[nodiscard]] virtual const parsae::TrainProgress& progress() const = 0;

  /// Bits a sample at the running densities: sum over latents of Hb(p_j), and 8 bits for each active value.
  [[nodiscard]] virtual double description_length() const = 0;

  virtual void save_checkpoint(const parsae::RunDirectory& directory, const parsae::SourcePosition& position) = 0;
  [[nodiscard]] virtual parsae::SourcePosition load_checkpoint(const parsae::RunDirectory& directory, Index step) = 0;

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
