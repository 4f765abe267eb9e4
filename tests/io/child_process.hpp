// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>

namespace parsae::test {

/// Runs `body()` in a child process, so that it may give up rights and set limits; whether it returned true.
/// The body makes no assertions: the child has its own copy of the test.
template <class Body>
[[nodiscard]] bool holds_in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool holds = false;
    try {
      holds = body();
    } catch (const std::exception& error) {
      std::cerr << "in the child process: " << error.what() << std::endl;
    }
    ::_exit(holds ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// To be called in a child process: permissions do not bind root, so become another user.
inline bool become_ordinary_user() { return ::geteuid() != 0 || ::setuid(65534) == 0; }

/// The largest memory that this process has used so far, in MiB.
[[nodiscard]] inline double peak_memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace parsae::test
