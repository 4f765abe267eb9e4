// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <algorithm>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace parsae::inline PARSAE_ABI {

/// How many threads a call may use. This is the only file that speaks OpenMP; without OpenMP everything runs on one.
///
/// parsae's results do not depend on the count: work is cut into tasks by size, never by thread, every task writes what
/// it alone owns, and whatever is summed over tasks is summed in task order afterwards.
class Threads {
 public:
  /// Exactly `count` threads, 1 <= count <= 4096.
  explicit Threads(int count) : count_(count) { require_between("threads", count, 1, 4096); }

  /// What OpenMP would use here (OMP_NUM_THREADS, else the number of cores).
  [[nodiscard]] static Threads available() {
#if defined(_OPENMP)
    return Threads(std::clamp(omp_get_max_threads(), 1, 4096));
#else
    return Threads(1);
#endif
  }

  [[nodiscard]] int count() const { return count_; }

  /// Calls body(task, worker) for every task in [0, n_tasks); worker in [0, count()) names scratch that no other
  /// running task uses. Tasks run in any order. The body must not throw, since an exception cannot leave a parallel
  /// region: arguments are checked before it, and running out of memory inside it ends the program.
  template <class Body>
  void for_each(Index n_tasks, const Body& body) const {
#if defined(_OPENMP)
    if (count_ > 1 && n_tasks > 1) {
      const int team = static_cast<int>(std::min<Index>(count_, n_tasks));
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
      for (Index task = 0; task < n_tasks; ++task) body(task, omp_get_thread_num());
      return;
    }
#endif
    for (Index task = 0; task < n_tasks; ++task) body(task, 0);
  }

 private:
  int count_ = 1;
};

}  // namespace parsae::inline PARSAE_ABI
