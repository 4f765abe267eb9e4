// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/run_directory.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "report.hpp"

namespace parsae_cli {

inline constexpr const char* evaluation_file = "evaluation.json";

/// The curves of a metrics.jsonl; empty where there is no such file. A last line that a kill cut short is left out.
/// \param n_latents  dead latents are counted in the file, and drawn as a share
[[nodiscard]] inline std::vector<CurvePoint> read_curve(const std::filesystem::path& path, Index n_latents) {
  std::vector<CurvePoint> curve;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object()) continue;
    const auto number = [&](const char* name) {
      const auto found = record.find(name);
      return found != record.end() && found->is_number() ? found->get<double>()
                                                         : std::numeric_limits<double>::quiet_NaN();
    };
    curve.push_back({.step = number("step"),
                     .samples = number("details/n_training_samples"),
                     .loss = number("losses/overall_loss"),
                     .fvu = 1 - number("metrics/explained_variance"),
                     .l0 = number("metrics/l0"),
                     .dead_fraction = number("sparsity/dead_features") / static_cast<double>(n_latents),
                     .learning_rate = number("details/current_learning_rate"),
                     .bits = number("details/description_length")});
  }
  return curve;
}

namespace detail {

/// A JSON value as a person would write it: lists without brackets, words without quotes.
[[nodiscard]] inline std::string plain_text(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return number_text(value.get<double>());
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const nlohmann::ordered_json& each : value) text += (text.empty() ? "" : ", ") + plain_text(each);
  return text;
}

/// What was chosen for this SAE, then every option that says something.
[[nodiscard]] inline std::vector<std::pair<std::string, std::string>> settings_list(
    const parsae::RunDirectory& directory) {
  std::vector<std::pair<std::string, std::string>> list;
  const nlohmann::ordered_json& settings = directory.settings();
  if (settings.contains("sae"))
    for (const auto& [name, value] : settings["sae"].items())
      if (name != "folder") list.emplace_back(name, plain_text(value));
  for (const auto& [name, value] : settings.items())
    if (name != "sae" && !value.empty() && value != "") list.emplace_back("--" + name, plain_text(value));
  if (directory.about().contains("build")) list.emplace_back("build", plain_text(directory.about()["build"]));
  return list;
}

[[nodiscard]] inline std::string run_title(const nlohmann::ordered_json& settings) {
  if (!settings.contains("sae")) return "A sparse autoencoder";
  const nlohmann::ordered_json& sae = settings["sae"];
  std::string title = "Sparse autoencoder: " + plain_text(sae.value("rule", nlohmann::ordered_json("?")));
  for (const char* name : {"k", "target_l0", "l1"})
    if (sae.contains(name)) title += ", " + std::string(name) + " = " + plain_text(sae[name]);
  return title + ", " + plain_text(sae.value("n_latents", nlohmann::ordered_json("?"))) + " latents of " +
         plain_text(sae.value("n_inputs", nlohmann::ordered_json("?"))) + " inputs";
}

}  // namespace detail

/// The page of a run with these findings. Throws parsae::FileError.
inline void write_run_report(const parsae::RunDirectory& directory, const Findings& findings,
                             const std::filesystem::path& path) {
  const auto n_latents = static_cast<Index>(findings.density.size());
  write_report(path, {.title = detail::run_title(directory.settings()),
                      .curve = read_curve(directory.metrics_path(), n_latents),
                      .findings = findings,
                      .settings = detail::settings_list(directory)});
}

}  // namespace parsae_cli
