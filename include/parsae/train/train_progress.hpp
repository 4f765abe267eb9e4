// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>
#include <parsae/train/stage_times.hpp>

#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// One term of the training loss, weighted as it enters the sum.
struct LossTerm {
  std::string_view name;
  double value = 0;
};

/// What a callback is told after a step.
struct TrainProgress {
  Index step = 0;         ///< steps done
  Index total_steps = 0;  ///< steps planned
  Index samples = 0;      ///< samples seen
  double loss = 0;        ///< sum of `terms`
  Slice<const LossTerm> terms;
  double fvu = 0;            ///< of this batch, about its own mean; NaN where its samples are all equal
  double l0 = 0;             ///< active latents a sample, this batch
  double gradient_norm = 0;  ///< global, before clipping
  double learning_rate = 0;
  Index n_latents = 0;
  Index n_dead = 0;     ///< latents without activity for `dead_after_samples` samples
  Index n_revived = 0;  ///< latents that got a new life, over all steps
  double seconds = 0;   ///< spent in train(), over all calls
  StageTimes stages;    ///< of this step

  /// visit(name, slice) for everything that a run counts, and for what its last step measured.
  template <class Visit>
  void visit_state(const Visit& visit) {
    visit("step", Slice<Index>(&step, 1));
    visit("samples", Slice<Index>(&samples, 1));
    visit("loss", Slice<double>(&loss, 1));
    visit("fvu", Slice<double>(&fvu, 1));
    visit("l0", Slice<double>(&l0, 1));
    visit("gradient_norm", Slice<double>(&gradient_norm, 1));
    visit("learning_rate", Slice<double>(&learning_rate, 1));
    visit("n_dead", Slice<Index>(&n_dead, 1));
    visit("n_revived", Slice<Index>(&n_revived, 1));
    visit("seconds", Slice<double>(&seconds, 1));
  }
};

/// Why training ended.
enum class StopReason {
  Completed,          ///< all planned steps are done
  SourceExhausted,    ///< the source had no more batches
  StoppedByCallback,  ///< a callback asked for it
  Diverged            ///< a loss or gradient is not finite; the report's message names step and term
};

[[nodiscard]] inline std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::Completed:
      return "completed";
    case StopReason::SourceExhausted:
      return "source exhausted";
    case StopReason::StoppedByCallback:
      return "stopped by a callback";
    case StopReason::Diverged:
      return "diverged";
  }
  return "unknown";
}

/// How a training run went.
struct TrainReport {
  StopReason reason = StopReason::Completed;
  std::string message;  ///< one sentence; for Diverged it names the step and the term
  Index steps = 0;
  Index samples = 0;
  double loss = 0;  ///< of the last step
  double seconds = 0;
};

}  // namespace parsae::inline PARSAE_ABI
