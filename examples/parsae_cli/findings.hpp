// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <nlohmann/json.hpp>

#include <support/result_file.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "analysis.hpp"
#include "nearest_latents.hpp"

namespace parsae_cli {

/// Where a sample lies, as its owner would look for it.
struct NamedExample {
  std::string file;
  std::int64_t row = 0;
  double value = 0;
};

/// One row of the table of latents.
struct LatentRow {
  Index latent = 0;
  LatentUse use;
  NearestLatent nearest;
  std::vector<NamedExample> examples{};  ///< best first
};

/// Everything that a report says of a trained SAE, and what evaluation.json in a run directory holds: so the page can
/// be made again without the activations.
struct Findings {
  std::vector<std::string> data{};  ///< as it was given
  bool is_held_out = false;
  Figures figures;
  std::vector<double> density{};         ///< n_latents
  std::vector<double> nearest_cosine{};  ///< n_latents, NaN where there is none
  std::vector<LatentRow> latents{};      ///< those with the most energy, falling
};

namespace detail {

using parsae_examples::number_or_null;

[[nodiscard]] inline nlohmann::ordered_json numbers_or_null(const std::vector<double>& values) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const double value : values) list.push_back(number_or_null(value));
  return list;
}

[[nodiscard]] inline double number_from(const nlohmann::json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

[[nodiscard]] inline std::vector<double> numbers_from(const nlohmann::json& list) {
  std::vector<double> values;
  for (const nlohmann::json& each : list) values.push_back(number_from(each));
  return values;
}

/// Name in the file and place in the struct, once for both directions.
template <class AnyFigures, class Visit>
void visit_figures(AnyFigures& figures, const Visit& visit) {
  visit("fvu", figures.fvu);
  visit("mse", figures.mean_squared_error);
  visit("cossim", figures.cosine);
  visit("l2_ratio", figures.norm_ratio);
  visit("l0", figures.l0);
  visit("l0_std", figures.l0_deviation);
  visit("dead_fraction", figures.dead_fraction);
  visit("bits_per_sample", figures.bits_per_sample);
}

}  // namespace detail

[[nodiscard]] inline nlohmann::ordered_json to_json(const Figures& figures) {
  nlohmann::ordered_json json;
  json["n_samples"] = figures.n_samples;
  json["explained_variance"] = detail::number_or_null(1 - figures.fvu);
  detail::visit_figures(figures, [&](const char* name, double value) { json[name] = detail::number_or_null(value); });
  return json;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const LatentRow& row) {
  nlohmann::ordered_json json;
  json["latent"] = row.latent;
  json["density"] = detail::number_or_null(row.use.density);
  json["mean_active"] = detail::number_or_null(row.use.mean_active);
  json["energy"] = detail::number_or_null(row.use.energy);
  json["nearest_latent"] = row.nearest.latent;
  json["nearest_cosine"] = detail::number_or_null(row.nearest.cosine);
  json["examples"] = nlohmann::ordered_json::array();
  for (const NamedExample& example : row.examples)
    json["examples"].push_back(
        {{"file", example.file}, {"row", example.row}, {"value", detail::number_or_null(example.value)}});
  return json;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Findings& findings) {
  nlohmann::ordered_json json = to_json(findings.figures);
  json["data"] = findings.data;
  json["held_out"] = findings.is_held_out;
  json["latents"] = nlohmann::ordered_json::array();
  for (const LatentRow& row : findings.latents) json["latents"].push_back(to_json(row));
  json["density"] = detail::numbers_or_null(findings.density);
  json["nearest_cosine"] = detail::numbers_or_null(findings.nearest_cosine);
  return json;
}

[[nodiscard]] inline LatentRow latent_row_from(const nlohmann::json& json) {
  LatentRow row;
  row.latent = json.at("latent").get<Index>();
  row.use = {detail::number_from(json.at("density")), detail::number_from(json.at("mean_active")),
             detail::number_from(json.at("energy"))};
  row.nearest = {json.at("nearest_latent").get<Index>(), detail::number_from(json.at("nearest_cosine"))};
  for (const nlohmann::json& example : json.at("examples"))
    row.examples.push_back({example.at("file").get<std::string>(), example.at("row").get<std::int64_t>(),
                            detail::number_from(example.at("value"))});
  return row;
}

/// Throws parsae::FileError when the file is missing or is not what to_json() wrote.
[[nodiscard]] inline Findings read_findings(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw parsae::FileError(path, "cannot be opened");
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    Findings findings;
    findings.figures.n_samples = json.at("n_samples").get<Index>();
    detail::visit_figures(findings.figures,
                          [&](const char* name, double& value) { value = detail::number_from(json.at(name)); });
    findings.data = json.at("data").get<std::vector<std::string>>();
    findings.is_held_out = json.at("held_out").get<bool>();
    for (const nlohmann::json& row : json.at("latents")) findings.latents.push_back(latent_row_from(row));
    findings.density = detail::numbers_from(json.at("density"));
    findings.nearest_cosine = detail::numbers_from(json.at("nearest_cosine"));
    return findings;
  } catch (const nlohmann::json::exception& error) {
    throw parsae::FileError(path, std::string("is not an evaluation that parsae wrote: ") + error.what());
  }
}

}  // namespace parsae_cli
