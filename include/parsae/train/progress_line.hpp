// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/train/train_progress.hpp>

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// A line of progress to a stream: step, samples a second, time left, loss, FVU, L0, dead latents. On a terminal it is
/// rewritten in place; elsewhere each line is a line of its own.
class ProgressLine {
 public:
  enum class Style { Plain, Rewrite };

  struct Settings {
    double every_seconds = 1;  ///< > 0
    Style style = Style::Plain;
  };

  explicit ProgressLine(std::ostream& out) : ProgressLine(out, Settings()) {}
  ProgressLine(std::ostream& out, const Settings& settings) : out_(&out), settings_(settings) {
    require_positive("ProgressLine every_seconds", settings.every_seconds);
  }

  void on_train_begin(const TrainProgress& progress) { next_ = progress.seconds; }

  void on_step_end(const TrainProgress& progress) {
    if (progress.seconds < next_) return;
    next_ = progress.seconds + settings_.every_seconds;
    write(progress);
  }

  void on_train_end(const TrainProgress& progress) {
    if (progress.step != written_step_) write(progress);
    if (settings_.style == Style::Rewrite) *out_ << '\n' << std::flush;
  }

 private:
  void write(const TrainProgress& progress) {
    written_step_ = progress.step;
    const double rate = progress.seconds > 0 ? static_cast<double>(progress.samples) / progress.seconds : 0;
    const double part = progress.step > 0 ? static_cast<double>(progress.total_steps - progress.step) /
                                                static_cast<double>(progress.step)
                                          : 0;
    char line[256];
    std::snprintf(
        line, sizeof line, "step %lld/%lld  %.0f samples/s  %.0f s left  loss %.4g  FVU %.4f  L0 %.1f  dead %.1f%%",
        static_cast<long long>(progress.step), static_cast<long long>(progress.total_steps), rate,
        progress.seconds * part, progress.loss, progress.fvu, progress.l0,
        100 * static_cast<double>(progress.n_dead) / static_cast<double>(std::max<Index>(progress.n_latents, 1)));
    if (settings_.style == Style::Rewrite)
      *out_ << '\r' << line << "\x1b[K" << std::flush;
    else
      *out_ << line << '\n';
  }

  std::ostream* out_;
  Settings settings_;
  double next_ = 0;
  Index written_step_ = -1;
};

}  // namespace parsae::inline PARSAE_ABI
