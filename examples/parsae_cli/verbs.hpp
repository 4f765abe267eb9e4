// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"

namespace parsae_cli {

// Each returns the exit code, and throws UsageError, parsae::FileError or Interrupted.

[[nodiscard]] int run_eval(const UseRequest& request);
[[nodiscard]] int run_encode(const UseRequest& request);
[[nodiscard]] int run_top(const UseRequest& request);
[[nodiscard]] int run_inspect(const UseRequest& request);
[[nodiscard]] int run_convert(const UseRequest& request);
[[nodiscard]] int run_report(const UseRequest& request);

}  // namespace parsae_cli
