// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <measure/arithmetic_peak.hpp>
#include <measure/bandwidth.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace parsae_benchmarks {

/// What this machine can do with a number of threads, in 1e9 a second. NaN: it has no such instruction, or nobody
/// measured.
struct Ceilings {
  double fma_gflops = std::numeric_limits<double>::quiet_NaN();
  double bf16_gops = std::numeric_limits<double>::quiet_NaN();
  double int8_gops = std::numeric_limits<double>::quiet_NaN();
  double copy_gbs = std::numeric_limits<double>::quiet_NaN();
  double read_modify_write_gbs = std::numeric_limits<double>::quiet_NaN();

  template <class Visit>
  void visit(const Visit& visit) {
    visit("fma_gflops", fma_gflops);
    visit("bf16_gops", bf16_gops);
    visit("int8_gops", int8_gops);
    visit("copy_gbs", copy_gbs);
    visit("read_modify_write_gbs", read_modify_write_gbs);
  }

  /// Other programs only ever lower a measurement, so the largest of several is the ceiling.
  void raise_to(Ceilings other) {
    visit([&](const char* name, double& value) {
      other.visit([&](const char* other_name, double& other_value) {
        if (std::string_view(name) == other_name) value = std::fmax(value, other_value);
      });
    });
  }
};

/// Takes about a second.
[[nodiscard]] inline Ceilings measure_ceilings(parsae::Threads threads) {
  Ceilings ceilings;
  ceilings.fma_gflops = fma_peak(threads) / 1e9;
  ceilings.bf16_gops = bf16_peak(threads) / 1e9;
  ceilings.int8_gops = int8_peak(threads) / 1e9;
  Bandwidth bandwidth(threads);
  ceilings.copy_gbs = bandwidth.copy() / 1e9;
  ceilings.read_modify_write_gbs = bandwidth.read_modify_write() / 1e9;
  return ceilings;
}

/// NaN becomes null.
[[nodiscard]] inline nlohmann::ordered_json to_json(Ceilings ceilings) {
  nlohmann::ordered_json json;
  ceilings.visit([&](const char* name, double& value) { json[name] = value; });
  return json;
}

[[nodiscard]] inline Ceilings ceilings_from(const nlohmann::ordered_json& json) {
  Ceilings ceilings;
  ceilings.visit([&](const char* name, double& value) {
    if (json.contains(name) && json.at(name).is_number()) value = json.at(name).get<double>();
  });
  return ceilings;
}

}  // namespace parsae_benchmarks
