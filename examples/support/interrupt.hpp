// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <csignal>

namespace parsae_examples {

/// While one of these lives, the first SIGINT or SIGTERM only sets a flag, so that a long run can stop at a good place
/// and still write what it has; a second one of the same kind ends the program as usual. Make one at a time.
class Interrupt {
 public:
  Interrupt() {
    flag() = false;
    struct sigaction action = {};
    action.sa_handler = [](int) { flag() = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~Interrupt() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] static bool requested() { return flag(); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch a lock-free atomic");
  inline static std::atomic<bool> flag_{false};
  static std::atomic<bool>& flag() { return flag_; }

  struct sigaction old_int_ = {};
  struct sigaction old_term_ = {};
};

}  // namespace parsae_examples
