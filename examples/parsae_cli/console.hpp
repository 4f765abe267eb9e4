// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

#include "options.hpp"

namespace parsae_cli {

/// Where words go: results to stdout, notes about the work to stderr. With --json, stdout holds the JSON alone.
class Console {
 public:
  explicit Console(const OutputOptions& options) : options_(options) {}

  [[nodiscard]] bool is_json() const { return options_.is_json; }
  [[nodiscard]] bool is_quiet() const { return options_.is_quiet; }
  [[nodiscard]] const std::string& program() const { return options_.program; }

  void note(const std::string& line) const {
    if (!options_.is_quiet) std::fprintf(stderr, "%s\n", line.c_str());
  }
  void result(const std::string& line) const {
    if (!options_.is_json) std::printf("%s\n", line.c_str());
  }
  void json(const nlohmann::ordered_json& value) const {
    if (options_.is_json) std::printf("%s\n", value.dump(2).c_str());
  }

 private:
  OutputOptions options_;
};

}  // namespace parsae_cli
