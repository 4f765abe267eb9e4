// SPDX-License-Identifier: MIT
// parsae inspect: what a file or directory holds.

#include <parsae/io/model_file.hpp>
#include <parsae/io/run_directory.hpp>
#include <parsae/io/shard_files.hpp>

#include <support/markup.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "console.hpp"
#include "findings.hpp"
#include "open_rows.hpp"
#include "report_files.hpp"
#include "row_statistics.hpp"
#include "sae.hpp"
#include "source.hpp"
#include "sweep_file.hpp"
#include "text.hpp"
#include "verbs.hpp"

namespace parsae_cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using parsae_examples::fixed_text;

constexpr Index default_rows = 100'000;

bool is_safetensors_with(const fs::path& path, const char* key) {
  if (path.extension() != ".safetensors") return false;
  return parsae::SafetensorsReader(path).metadata().contains(key);
}

Json inspect_model(const fs::path& path) {
  const Sae sae = load_sae(path);
  Json json{{"path", path.string()},      {"kind", is_foreign_sae(path) ? "SAE of another program" : "parsae model"},
            {"rule", sae.rule()},         {"settings", sae.settings()},
            {"n_inputs", sae.n_inputs()}, {"n_latents", sae.n_latents()}};
  if (is_safetensors_with(path, "checkpoint")) {
    const parsae::CheckpointSummary summary = parsae::summarize_checkpoint(path);
    json["kind"] = "parsae checkpoint";
    json["step"] = summary.step;
    json["passes"] = summary.position.epoch;
    json["rows_of_this_pass"] = summary.position.sample;
  }
  return json;
}

Json inspect_run(const fs::path& path) {
  const auto directory = parsae::RunDirectory::open(path, parsae::RunDirectory::Access::ReadOnly);
  Json json{{"path", path.string()}, {"kind", "parsae run"}};
  if (directory.settings().contains("sae"))
    for (const auto& [name, value] : directory.settings()["sae"].items())
      if (name != "folder") json[name] = value;
  const auto checkpoints = directory.checkpoints();
  json["newest_checkpoint"] = checkpoints.empty() ? Json() : Json(checkpoints.back().step);
  json["is_trained"] = fs::exists(directory.model_path());
  if (fs::exists(path / evaluation_file)) json["evaluation"] = to_json(read_findings(path / evaluation_file).figures);
  return json;
}

Json inspect_rows(const fs::path& path, const UseRequest& request) {
  const std::unique_ptr<parsae::RowFile> file = open_rows(path, row_settings(request.data));
  Json json{{"path", path.string()},
            {"kind", "activations"},
            {"format", file->description()},
            {"n_rows", file->n_rows()},
            {"n_inputs", file->n_inputs()}};
  const RowStatistics rows = row_statistics(*file, request.max_samples > 0 ? request.max_samples : default_rows);
  json["rows_looked_at"] = rows.n_rows;
  json["rows_not_finite"] = rows.n_not_finite;
  if (rows.n_rows == rows.n_not_finite) return json;
  json["lowest"] = rows.lowest;
  json["highest"] = rows.highest;
  json["mean"] = rows.mean;
  json["deviation"] = rows.deviation;
  json["zeros"] = rows.zero_share;
  json["median_norm"] = rows.median_norm;
  json["largest_norm"] = rows.largest_norm;
  json["mean_row_share"] = rows.mean_share;
  return json;
}

Json inspect_path(const fs::path& path, const UseRequest& request) {
  if (fs::is_directory(path)) return parsae::RunDirectory::is_run(path) ? inspect_run(path) : inspect_model(path);
  return is_safetensors_with(path, "config") ? inspect_model(path) : inspect_rows(path, request);
}

/// A directory of activations stands for its files; runs, models and patterns are found first.
std::vector<fs::path> paths_of(const std::string& input) {
  const fs::path path(input);
  if (is_sweep(path)) return runs_of_sweep(path);
  if (fs::is_regular_file(path) || parsae::RunDirectory::is_run(path) || is_foreign_sae(path)) return {path};
  return parsae::shard_files(path);
}

std::string value_text(const Json& value) {
  if (value.is_number_integer()) return grouped(value.get<Index>());
  if (value.is_number_float()) return number_text(value.get<double>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_null() ? "none" : detail::plain_text(value);
}

void print(const Console& console, const Json& json, const std::string& indent) {
  for (const auto& [name, value] : json.items()) {
    if (value.is_object()) {
      console.result(indent + name);
      print(console, value, indent + "  ");
    } else if (name == "path") {
      console.result(value.get<std::string>());
    } else {
      std::string words = name;
      std::replace(words.begin(), words.end(), '_', ' ');
      console.result("  " + indent + words + std::string(words.size() < 20 ? 20 - words.size() : 1, ' ') +
                     value_text(value));
    }
  }
}

}  // namespace

int run_inspect(const UseRequest& request) {
  const Console console(request.output);
  check_usage([&] { check(request.data); });
  Json list = Json::array();
  for (const std::string& input : request.data.inputs) {
    for (const fs::path& path : paths_of(input)) {
      list.push_back(inspect_path(path, request));
      print(console, list.back(), "");
    }
  }
  console.json(list);
  return exit_ok;
}

}  // namespace parsae_cli
