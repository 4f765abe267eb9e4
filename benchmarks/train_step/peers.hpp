// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <support/process.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace parsae_benchmarks {

/// PyTorch is not here, or it does not start.
struct NoPeers : std::runtime_error {
  explicit NoPeers(const std::string& why)
      : std::runtime_error("--peers needs PyTorch for the system's Python: " + why +
                           "\n  apt install python3-torch libopenblas0-openmp") {}
};

/// The peers' script, and the environment in which they are fastest.
class Peers {
 public:
  /// Throws NoPeers.
  Peers() {
    const parsae_examples::ProcessResult result = parsae_examples::run_process(
        {python, script, "--print-environment"},
        {.output = parsae_examples::ProcessSettings::Output::Capture, .timeout_seconds = 60});
    if (!result.succeeded()) throw NoPeers(std::string(python) + " " + script + " " + result.reason());
    const nlohmann::json json = nlohmann::json::parse(result.output, nullptr, false);
    if (!json.is_object()) throw NoPeers(std::string(script) + " expected an object of JSON, got " + result.output);
    for (const auto& [name, value] : json.items())
      environment_[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }

  [[nodiscard]] static std::vector<std::string> command(const std::string& method, int threads) {
    return {python, "-u", script, "--method", method, "--threads", std::to_string(threads)};
  }

  [[nodiscard]] std::map<std::string, std::string> environment(int threads) const {
    std::map<std::string, std::string> variables = environment_;
    variables["OMP_NUM_THREADS"] = std::to_string(threads);
    return variables;
  }

 private:
  static constexpr const char* python = "/usr/bin/python3";  // the one that Debian's packages belong to
  static constexpr const char* script = PARSAE_PROGRAM_DIR "/../peers/train_step.py";

  std::map<std::string, std::string> environment_;
};

}  // namespace parsae_benchmarks
