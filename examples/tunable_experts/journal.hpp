// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "findings_file.hpp"
#include "options.hpp"

namespace parsae_experts {

/// metrics.jsonl: one line for each finished seed, flushed at once. An interrupted run goes on from here: lines that
/// were written with the same settings and the same digits count as done.
class Journal {
 public:
  Journal(const std::filesystem::path& path, const Options& options, const std::string& digits)
      : path_(path), settings_(describe(options, digits)) {
    std::string lines;
    if (options.resumes && std::filesystem::exists(path)) lines = read();
    parsae_examples::write_whole_file(path, lines);  // whole lines only: the next does not continue half a line
    out_.open(path, std::ios::app);
    if (!out_) throw parsae::FileError(path, "cannot be written");
  }

  [[nodiscard]] bool has(std::uint64_t seed) const { return done_.contains(seed); }
  [[nodiscard]] const Findings& findings() const { return findings_; }

  void add(std::uint64_t seed, const Findings& findings) {
    nlohmann::ordered_json line;
    line["settings"] = settings_;
    line["seed"] = seed;
    line["findings"] = to_json(findings);
    out_ << line.dump() << '\n' << std::flush;
    if (!out_) throw parsae::FileError(path_, "cannot be written: the disk may be full");
    take(seed, findings);
  }

 private:
  /// Everything that changes a seed's findings.
  [[nodiscard]] static nlohmann::ordered_json describe(const Options& options, const std::string& digits) {
    const Recipe& recipe = options.recipe;
    return {{"digits", digits},
            {"train_images", options.train_images},
            {"stage1_epochs", recipe.stage1_epochs},
            {"stage1_learning_rate", recipe.stage1_learning_rate},
            {"stage2_epochs", recipe.stage2_epochs},
            {"stage2_images", recipe.stage2_images},
            {"stage2_learning_rate", recipe.stage2_learning_rate},
            {"contrast_images", recipe.contrast_images},
            {"validation_images", recipe.validation_images},
            {"test_images", recipe.test_images},
            {"counts", recipe.counts},
            {"draws", recipe.n_draws},
            {"band_draws", recipe.n_band_draws},
            {"sae_k", recipe.sae_k},
            {"sae_epochs", recipe.sae_epochs},
            {"sae_marked_shares", recipe.sae_marked_shares}};
  }

  /// Takes every whole line; returns them.
  [[nodiscard]] std::string read() {
    std::ifstream in(path_);
    std::string text;
    std::string lines;
    for (Index number = 1; std::getline(in, text); ++number) {
      const auto line = nlohmann::ordered_json::parse(text, nullptr, false);
      if (line.is_discarded() && in.eof()) break;  // the line that a killed run was writing
      try {
        if (nlohmann::json(line.at("settings")) != nlohmann::json(settings_))
          throw parsae::FileError(path_, "line " + std::to_string(number) +
                                             " was written with other settings or digits; run without --resume, or "
                                             "repeat those settings: " +
                                             line.at("settings").dump());
        take(line.at("seed").get<std::uint64_t>(), findings_from_json(line.at("findings")));
        lines += text + '\n';
      } catch (const nlohmann::json::exception& error) {
        throw parsae::FileError(path_, "line " + std::to_string(number) + " is not of this program: " + error.what());
      }
    }
    return lines;
  }

  void take(std::uint64_t seed, const Findings& findings) {
    if (!done_.insert(seed).second) return;
    findings_.append(findings);
  }

  std::filesystem::path path_;
  nlohmann::ordered_json settings_;
  std::ofstream out_;
  std::set<std::uint64_t> done_;
  Findings findings_;
};

}  // namespace parsae_experts
