// SPDX-License-Identifier: MIT
#include <parsae/core/threads.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <vector>

namespace threads_test {

using namespace parsae;

namespace {

/// What a run of for_each did, found without an assertion inside a parallel region.
struct Observed {
  bool each_task_once = true;
  bool workers_in_range = true;
  bool workers_exclusive = true;
  std::set<int> workers;
};

Observed run(int threads, Index n_tasks) {
  const auto n = static_cast<std::size_t>(n_tasks);
  std::vector<std::atomic<int>> calls(n);
  std::vector<std::atomic<bool>> busy(static_cast<std::size_t>(threads));
  std::vector<int> worker_of(n, -1);
  std::atomic<bool> in_range = true;
  std::atomic<bool> exclusive = true;
  Threads(threads).for_each(n_tasks, [&](Index task, int worker) {
    if (worker < 0 || worker >= threads || task < 0 || task >= n_tasks) {
      in_range = false;
      return;
    }
    if (busy[static_cast<std::size_t>(worker)].exchange(true)) exclusive = false;
    ++calls[static_cast<std::size_t>(task)];
    worker_of[static_cast<std::size_t>(task)] = worker;
    busy[static_cast<std::size_t>(worker)] = false;
  });
  Observed observed;
  observed.workers_in_range = in_range;
  observed.workers_exclusive = exclusive;
  for (const std::atomic<int>& count : calls) observed.each_task_once = observed.each_task_once && count == 1;
  observed.workers.insert(worker_of.begin(), worker_of.end());
  return observed;
}

}  // namespace

TEST_CASE("every task runs once, with a worker of its own") {
  for (const int threads : {1, 2, 3, 4})
    for (const Index n_tasks : {0, 1, 2, 3, 5, 64, 1000}) {
      CAPTURE(threads, n_tasks);
      const Observed observed = run(threads, n_tasks);
      CHECK(observed.each_task_once);
      CHECK(observed.workers_in_range);
      CHECK(observed.workers_exclusive);
    }
}

TEST_CASE("one thread and one task stay on the caller's worker") {
  CHECK(run(1, 50).workers == std::set<int>{0});
  CHECK(run(4, 1).workers == std::set<int>{0});
}

#if defined(_OPENMP)
TEST_CASE("two threads work at the same time, as two workers") {
  std::atomic<int> arrived = 0;
  int worker_of[2] = {-1, -1};
  bool met[2] = {};
  Threads(2).for_each(2, [&](Index task, int worker) {
    worker_of[task] = worker;
    ++arrived;
    for (long spins = 0; spins < 2'000'000'000 && arrived < 2; ++spins) {
    }
    met[task] = arrived == 2;
  });
  CHECK((met[0] && met[1]));
  CHECK(worker_of[0] + worker_of[1] == 1);
  CHECK(worker_of[0] * worker_of[1] == 0);
}

TEST_CASE("the available threads are those of OpenMP") { CHECK(Threads::available().count() == omp_get_max_threads()); }
#else
TEST_CASE("without OpenMP there is one thread") { CHECK(Threads::available().count() == 1); }
#endif

TEST_CASE("a count of threads that cannot be is refused") {
  CHECK(Threads(4096).count() == 4096);
  CHECK_THROWS_WITH(Threads(0), "threads: expected a value from 1 to 4096, got 0");
  CHECK_THROWS_WITH(Threads(-2), "threads: expected a value from 1 to 4096, got -2");
  CHECK_THROWS_WITH(Threads(4097), "threads: expected a value from 1 to 4096, got 4097");
}

}  // namespace threads_test
