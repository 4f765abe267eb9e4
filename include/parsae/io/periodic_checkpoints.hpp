// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/run_directory.hpp>
#include <parsae/train/callback.hpp>

#include <limits>
#include <tuple>

namespace parsae::inline PARSAE_ABI {

/// When checkpoints are due; either makes one due.
struct CheckpointIntervals {
  Index every_steps = 0;       ///< >= 0; 0: never for the number of steps
  double every_seconds = 600;  ///< of training, > 0; infinity: never for the time
};

/// A callback that writes checkpoints to a run: when one is due, and when training ends, however it does. So a callback
/// that stops training on an interrupt makes the run resumable at that very step. A run that diverged leaves its last
/// good checkpoint in place.
///
///     PeriodicCheckpoints checkpoints(run, trainer, source, {.every_steps = 1000});
///     trainer.train(source, JsonlMetrics(run.metrics_path()), checkpoints);
///
/// Give it after the callbacks that write or measure: what they have done by then belongs to the step that it saves.
template <class Trainer, class Source, class... Parts>
class PeriodicCheckpoints {
 public:
  /// \param parts  as in save_checkpoint(); all arguments outlive the callback
  PeriodicCheckpoints(const RunDirectory& run, Trainer& trainer, const Source& source,
                      const CheckpointIntervals& intervals, Parts&... parts)
      : run_(&run), trainer_(&trainer), source_(&source), intervals_(intervals), parts_(parts...) {
    require_at_least("CheckpointIntervals every_steps", intervals.every_steps, Index{0});
    if (!(intervals.every_seconds > 0))
      reject("CheckpointIntervals every_seconds", "a value above 0", intervals.every_seconds);
  }

  void on_train_begin(const TrainProgress& progress) {
    saved_step_ = heard_step_ = progress.step;
    saved_seconds_ = progress.seconds;
  }

  void on_step_end(const TrainProgress& progress) {
    heard_step_ = progress.step;
    heard_position_ = source_->position();
    const bool is_due = (intervals_.every_steps > 0 && progress.step % intervals_.every_steps == 0) ||
                        progress.seconds - saved_seconds_ >= intervals_.every_seconds;
    if (is_due) save(progress);
  }

  /// A step that diverged is none that on_step_end() heard of. The source may have moved on for others since then: see
  /// SharedPass.
  void on_train_end(const TrainProgress& progress) {
    if (progress.step == heard_step_ && progress.step != saved_step_) save(progress);
  }

 private:
  void save(const TrainProgress& progress) {
    std::apply([&](Parts&... parts) { run_->save_checkpoint(*trainer_, heard_position_, parts...); }, parts_);
    saved_step_ = progress.step;
    saved_seconds_ = progress.seconds;
  }

  const RunDirectory* run_;
  Trainer* trainer_;
  const Source* source_;
  CheckpointIntervals intervals_;
  std::tuple<Parts&...> parts_;
  Index saved_step_ = 0;
  Index heard_step_ = 0;
  SourcePosition heard_position_;
  double saved_seconds_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
