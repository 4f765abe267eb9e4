// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

namespace parsae_benchmarks {

/// Where a benchmark leaves what it found, besides the terminal.
struct ResultFiles {
  std::filesystem::path out;   ///< folder of what is not named below; empty: nowhere
  std::filesystem::path json;  ///< empty: none
  std::filesystem::path html;  ///< empty: none

  /// The folder gives names to what has none.
  void finish() {
    if (out.empty()) return;
    if (json.empty()) json = out / "results.json";
    if (html.empty()) html = out / "report.html";
  }

  /// For the end of a run: where the page is, or how to get one.
  [[nodiscard]] std::string hint() const { return html.empty() ? "; --out FOLDER draws charts" : ": " + html.string(); }
};

inline void add_options(CLI::App& app, ResultFiles& files) {
  app.add_option("--out", files.out, "folder for results.json and report.html; made if missing")->default_str("");
  app.add_option("--json", files.json, "file for the figures alone")->default_str("");
  app.add_option("--html", files.html, "file for the page alone")->default_str("");
}

}  // namespace parsae_benchmarks
