// SPDX-License-Identifier: MIT
#pragma once

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <string>

namespace parsae_examples::cells {

/// The progress line of a whole run, and whether somebody has asked it to stop.
class Watch {
 public:
  /// \param total  of all costs to come, roughly seconds
  Watch(double total, ProgressBar::Style style) : bar_({.total = total > 0 ? total : 1, .style = style}) {}

  /// Says what is being done; it will have cost `cost`.
  void begin(const std::string& part, const std::string& what, double cost) {
    done_ += pending_;
    pending_ = cost;
    part_ = part;
    what_ = what;
    bar_.update(done_, part_, what_);
  }

  void clear() { bar_.clear(); }

  [[nodiscard]] double seconds() const { return bar_.seconds(); }
  [[nodiscard]] static bool stopped() { return Interrupt::requested(); }

 private:
  ProgressBar bar_;
  double done_ = 0;
  double pending_ = 0;
  std::string part_;
  std::string what_;
};

}  // namespace parsae_examples::cells
