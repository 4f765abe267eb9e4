// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <algorithm>
#include <chrono>

namespace parsae_benchmarks {

/// The best rate in units a second at which all threads together do a kernel's work: what the machine can do, not what
/// it did while something else ran. `kernel(task)` does `per_task` units in about a millisecond; many tasks, so that a
/// thread that starts late only takes fewer of them.
template <class Kernel>
[[nodiscard]] double peak_rate(parsae::Threads threads, parsae::Index n_tasks, double per_task, double seconds,
                               const Kernel& kernel) {
  using Clock = std::chrono::steady_clock;
  const auto elapsed = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  double best = 0;
  const Clock::time_point begin = Clock::now();
  do {
    const Clock::time_point start = Clock::now();
    threads.for_each(n_tasks, [&](parsae::Index task, int) { kernel(task); });
    best = std::max(best, static_cast<double>(n_tasks) * per_task / elapsed(start));
  } while (elapsed(begin) < seconds);
  return best;
}

}  // namespace parsae_benchmarks
