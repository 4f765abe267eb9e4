// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace parsae_cli {

/// How a run of the command ends, for shells and schedulers.
enum ExitCode : int { exit_ok = 0, exit_failure = 1, exit_usage = 2, exit_interrupted = 130 };

/// What was asked for cannot be done, whatever the files hold: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs `check` and turns its std::invalid_argument, which names the option, into a UsageError.
template <class Check>
void check_usage(const Check& check) {
  try {
    check();
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace parsae_cli
