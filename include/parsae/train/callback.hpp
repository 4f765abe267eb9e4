// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/train/train_progress.hpp>

namespace parsae::inline PARSAE_ABI {

/// What a callback may answer. A hook that returns nothing means Continue.
enum class CallbackAction { Continue, Stop };

/// A callback is any class with any subset of these hooks, each given one const TrainProgress&:
///
/// - `on_train_begin(progress)`: before the first step.
/// - `on_step_end(progress)`: after every step.
/// - `on_train_end(progress)`: after the last step, however training ended.
template <class Callback>
concept HasTrainBegin = requires(Callback callback, const TrainProgress& progress) {
  callback.on_train_begin(progress);
};
template <class Callback>
concept HasStepEnd = requires(Callback callback, const TrainProgress& progress) {
  callback.on_step_end(progress);
};
template <class Callback>
concept HasTrainEnd = requires(Callback callback, const TrainProgress& progress) {
  callback.on_train_end(progress);
};

/// Has at least one hook: a misspelled hook is a compile error, not a silent nothing.
template <class Callback>
concept TrainCallback = HasTrainBegin<Callback> || HasStepEnd<Callback> || HasTrainEnd<Callback>;

}  // namespace parsae::inline PARSAE_ABI
