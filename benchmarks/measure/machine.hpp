// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/build_summary.hpp>

#include <nlohmann/json.hpp>

#include <measure/ceilings.hpp>

#include <fstream>
#include <map>
#include <string>

namespace parsae_benchmarks {

/// "g++ 12.2.0", "clang++ 14.0.6".
[[nodiscard]] inline std::string compiler_name() {
#if defined(__clang__)
  return "clang++ " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) + "." +
         std::to_string(__clang_patchlevel__);
#else
  return "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

/// What the system calls the processor; empty where it does not say.
[[nodiscard]] inline std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

/// The machine and its ceilings, by number of threads. Ceilings are measured several times in a run; figures refer to
/// the largest, and the smallest float32 peak shows how much else the machine was doing.
class Machine {
 public:
  void add(int threads, const Ceilings& measured) {
    ceilings_[threads].raise_to(measured);
    double& lowest = lowest_fma_gflops_.try_emplace(threads, measured.fma_gflops).first->second;
    lowest = std::fmin(lowest, measured.fma_gflops);
  }

  /// All NaN for a number of threads that nobody measured.
  [[nodiscard]] Ceilings ceilings(int threads) const {
    const auto found = ceilings_.find(threads);
    return found == ceilings_.end() ? Ceilings() : found->second;
  }

  [[nodiscard]] double lowest_fma_gflops(int threads) const { return lowest_fma_gflops_.at(threads); }
  [[nodiscard]] const std::map<int, Ceilings>& all() const { return ceilings_; }

  /// {"fma_gflops": {"1": ..}, "fma_gflops_lowest": {..}, "bf16_gops": {..}, "int8_gops": {..},
  /// "bandwidth_gbs": {"copy": {..}, "read_modify_write": {..}}, "processor", "compiler", "build"}
  [[nodiscard]] nlohmann::ordered_json json() const {
    nlohmann::ordered_json json;
    for (const auto& [threads, measured] : ceilings_) {
      const std::string key = std::to_string(threads);
      json["fma_gflops"][key] = measured.fma_gflops;
      json["fma_gflops_lowest"][key] = lowest_fma_gflops(threads);
      json["bf16_gops"][key] = measured.bf16_gops;
      json["int8_gops"][key] = measured.int8_gops;
      json["bandwidth_gbs"]["copy"][key] = measured.copy_gbs;
      json["bandwidth_gbs"]["read_modify_write"][key] = measured.read_modify_write_gbs;
    }
    json["processor"] = processor_name();
    json["compiler"] = compiler_name();
    json["build"] = parsae::build_summary();
    return json;
  }

 private:
  std::map<int, Ceilings> ceilings_;
  std::map<int, double> lowest_fma_gflops_;
};

}  // namespace parsae_benchmarks
