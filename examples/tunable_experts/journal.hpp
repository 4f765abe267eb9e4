// SPDX-License-Identifier: MIT
#pragma once

#include <support/journal_file.hpp>

#include <filesystem>
#include <set>
#include <string>

#include "findings_file.hpp"
#include "options.hpp"

namespace parsae_experts {

/// metrics.jsonl: one line for each finished seed.
class Journal {
 public:
  using File = parsae_examples::JournalFile;

  Journal(const std::filesystem::path& path, const Options& options, const std::string& digits)
      : file_(path, describe(options, digits), options.resumes ? File::Start::Resume : File::Start::Fresh,
              [this](const File::Json& line) {
                take(line.at("seed").get<std::uint64_t>(), findings_from_json(line.at("findings")));
              }) {}

  [[nodiscard]] bool has(std::uint64_t seed) const { return done_.contains(seed); }
  [[nodiscard]] const Findings& findings() const { return findings_; }

  void add(std::uint64_t seed, const Findings& findings) {
    file_.add({{"seed", seed}, {"findings", to_json(findings)}});
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

  void take(std::uint64_t seed, const Findings& findings) {
    if (!done_.insert(seed).second) return;
    findings_.append(findings);
  }

  std::set<std::uint64_t> done_;
  Findings findings_;
  File file_;  // last: it hands out old lines while it is made
};

}  // namespace parsae_experts
