// SPDX-License-Identifier: MIT
#pragma once

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <string>
#include <utility>

#include "host.hpp"

namespace parsae_examples::multilayer {

/// The progress of a run of several stages in one bar. A stage's cost is about its time, in a unit that all share.
class RunProgress {
 public:
  RunProgress(double total_cost, ProgressBar::Style style) : bar_({.total = total_cost, .style = style}) {}

  /// Begins a stage; the one before it is done. What it hands out shows the stage's progress, and asks it to stop once
  /// the program was interrupted. Lives as long as this object, until the next stage.
  [[nodiscard]] OnProgress stage(std::string name, double cost) {
    done_ += cost_;
    cost_ = cost;
    name_ = std::move(name);
    return [this](double share) {
      bar_.update(done_ + share * cost_, name_, "");
      return !Interrupt::requested();
    };
  }

  [[nodiscard]] double seconds() const { return bar_.seconds(); }
  void clear() { bar_.clear(); }

 private:
  ProgressBar bar_;
  double done_ = 0;
  double cost_ = 0;
  std::string name_;
};

}  // namespace parsae_examples::multilayer
