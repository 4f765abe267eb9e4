// SPDX-License-Identifier: MIT
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace parsae_examples {

/// "8 s", "3 min 05 s", "1 h 02 min".
[[nodiscard]] inline std::string duration_text(double seconds) {
  const long whole = std::lround(std::max(seconds, 0.0));
  char text[48];
  if (whole < 60)
    std::snprintf(text, sizeof text, "%ld s", whole);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  return text;
}

/// How far a long job is, on stderr: one line that is redrawn on a terminal, else a plain line every few seconds.
/// `done` and `total` count whatever the job's time is proportional to, so that the time left is a fair guess.
class ProgressBar {
 public:
  enum class Style { Auto, Quiet };
  struct Settings {
    double total = 1;             ///< above 0
    Style style = Style::Auto;    ///< Quiet writes nothing at all
    double seconds_per_line = 5;  ///< away from a terminal
  };

  explicit ProgressBar(const Settings& settings) : settings_(settings) {
    const char* terminal = std::getenv("TERM");
    const char* no_color = std::getenv("NO_COLOR");
    const bool dumb = terminal == nullptr || std::string(terminal) == "dumb";
    redraws_ = isatty(STDERR_FILENO) == 1 && !dumb;
    colors_ = redraws_ && (no_color == nullptr || *no_color == '\0');
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  /// `count` is what stands for done/total in words, such as "12/49 SAEs"; `status` may be empty.
  void update(double done, const std::string& count, const std::string& status) {
    if (settings_.style == Style::Quiet) return;
    const double elapsed = seconds();
    const double pause = redraws_ ? 0.1 : settings_.seconds_per_line;
    if (elapsed - drawn_at_ < pause && drawn_) return;
    drawn_at_ = elapsed;
    drawn_ = true;
    draw(std::clamp(done / settings_.total, 0.0, 1.0), elapsed, count, status);
  }

  /// Takes the redrawn line away, so that ordinary output can follow; the next update() draws it again.
  void clear() {
    if (!redraws_ || !drawn_) return;
    std::fputs("\r\033[K", stderr);
    drawn_ = false;
  }

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  void draw(double fraction, double elapsed, const std::string& count, const std::string& status) {
    char percent[16];
    std::snprintf(percent, sizeof percent, "%3.0f%%", 100 * fraction);
    std::string text = std::string(percent) + "  " + count + "  " + duration_text(elapsed);
    // Before one percent the guess is noise.
    if (fraction >= 0.01) text += ", about " + duration_text(elapsed * (1 - fraction) / fraction) + " left";
    if (!status.empty()) text += "  " + status;
    if (!redraws_) {
      std::fprintf(stderr, "%s\n", text.c_str());
      return;
    }
    const int columns = terminal_columns();
    const int bar = std::clamp(columns - static_cast<int>(text.size()) - 4, 0, 30);
    if (bar < 6) {
      std::fprintf(stderr, "\r\033[K%.*s", columns - 1, text.c_str());
    } else {
      const int filled = static_cast<int>(std::lround(fraction * bar));
      const std::string full(static_cast<std::size_t>(filled), '#');
      const std::string empty(static_cast<std::size_t>(bar - filled), '.');
      std::fprintf(stderr, "\r\033[K%s%s%s%s  %s", colors_ ? "\033[36m" : "", full.c_str(), colors_ ? "\033[0m" : "",
                   empty.c_str(), text.c_str());
    }
    std::fflush(stderr);
  }

  [[nodiscard]] static int terminal_columns() {
    winsize size = {};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
  }

  Settings settings_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool redraws_ = false;
  bool colors_ = false;
  bool drawn_ = false;
  double drawn_at_ = 0;
};

}  // namespace parsae_examples
