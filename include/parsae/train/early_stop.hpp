// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/train/callback.hpp>

#include <cmath>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// Stops when the running mean of the batch FVU has not fallen by `min_improvement` (relative) for `patience_steps`
/// steps.
class EarlyStop {
 public:
  struct Settings {
    Index patience_steps = 1000;    ///< >= 1
    double min_improvement = 1e-3;  ///< relative, >= 0
    double decay = 0.99;            ///< of the running mean, a step; 0 <= decay < 1
  };

  EarlyStop() : EarlyStop(Settings()) {}
  explicit EarlyStop(const Settings& settings) : settings_(settings) {
    require_at_least("EarlyStop patience_steps", settings.patience_steps, Index{1});
    require_not_negative("EarlyStop min_improvement", settings.min_improvement);
    require_between("EarlyStop decay", settings.decay, 0.0, std::nextafter(1.0, 0.0));
  }

  /// A new run starts anew; a run that goes on after a stop keeps what was learned.
  void on_train_begin(const TrainProgress& progress) {
    if (progress.step == 0) *this = EarlyStop(settings_);
  }

  CallbackAction on_step_end(const TrainProgress& progress) {
    if (!std::isfinite(progress.fvu)) return CallbackAction::Continue;
    sum_ = settings_.decay * sum_ + (1 - settings_.decay) * progress.fvu;
    weight_ = settings_.decay * weight_ + (1 - settings_.decay);
    const double mean = sum_ / weight_;
    if (mean < best_ * (1 - settings_.min_improvement)) {
      best_ = mean;
      best_step_ = progress.step;
    }
    return progress.step - best_step_ >= settings_.patience_steps ? CallbackAction::Stop : CallbackAction::Continue;
  }

  /// visit(name, slice): what a run that is resumed has to know to stop where it would have.
  template <class Visit>
  void visit_state(const Visit& visit) {
    visit("early_stop.sum", Slice<double>(&sum_, 1));
    visit("early_stop.weight", Slice<double>(&weight_, 1));
    visit("early_stop.best", Slice<double>(&best_, 1));
    visit("early_stop.best_step", Slice<Index>(&best_step_, 1));
  }

 private:
  Settings settings_;
  double sum_ = 0;
  double weight_ = 0;
  double best_ = std::numeric_limits<double>::infinity();
  Index best_step_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI
