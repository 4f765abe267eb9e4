// SPDX-License-Identifier: MIT
#pragma once

#include <fstream>
#include <limits>
#include <string>

namespace parsae_benchmarks {

/// The most memory that this process had resident since it started, in MB of 1e6 bytes; NaN where the system does not
/// say.
[[nodiscard]] inline double peak_memory_mb() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1024 / 1e6;  // the file counts KiB
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace parsae_benchmarks
