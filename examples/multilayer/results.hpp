// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <support/result_file.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "context.hpp"
#include "multilayer_sae.hpp"
#include "steering.hpp"
#include "synthetic_stream.hpp"

namespace parsae_examples::multilayer {

/// The model as it is, without an SAE.
struct HostFacts {
  double clean_ce = 0;  ///< nats a token of the training text
  Index n_predicted = 0;
  std::optional<bool> greedy_matches;
  LlamaShape shape;
  bool is_random = false;  ///< made by --random-model: nothing that it says means anything
};

struct Results {
  HostFacts host;
  Baselines baselines;  ///< on the held-out text
  std::vector<LayerRow> layers;
  MultiLayerResult multilayer;
  std::vector<SyntheticPoint> synthetic;
  std::vector<LatentInContext> latents;
  SteeredText steered;
  double seconds = 0;
  std::vector<std::pair<std::string, std::string>> settings;  ///< what the page says of the run, in this order
};

namespace detail {

using Json = nlohmann::ordered_json;

[[nodiscard]] inline Json numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(number_or_null(value));
  return array;
}

[[nodiscard]] inline Json to_json(const LayerRow& row) {
  return {{"layer", row.layer},
          {"rule", row.rule},
          {"n_latents", row.n_latents},
          {"target_l0", number_or_null(row.target_l0)},
          {"l0", number_or_null(row.l0)},
          {"fvu", number_or_null(row.fvu)},
          {"dead_fraction", number_or_null(row.dead_fraction)},
          {"delta_ce", number_or_null(row.delta_ce)},
          {"loss_recovered", number_or_null(row.loss_recovered)},
          {"loss_recovered_mean_ablation", number_or_null(row.loss_recovered_mean)}};
}

[[nodiscard]] inline Json to_json(const std::vector<LayerRow>& rows) {
  Json array = Json::array();
  for (const LayerRow& row : rows) array.push_back(to_json(row));
  return array;
}

[[nodiscard]] inline Json host_json(const Results& results) {
  const HostFacts& host = results.host;
  Json json{{"clean_ce", number_or_null(host.clean_ce, host.n_predicted > 0)},
            {"greedy_matches", host.greedy_matches ? Json(*host.greedy_matches) : Json(nullptr)},
            {"n_predicted", host.n_predicted},
            {"n_layers", host.shape.n_layers},
            {"width", host.shape.width},
            {"n_vocabulary", host.shape.n_vocabulary},
            {"is_random_model", host.is_random}};
  json["held_out_clean_ce"] = number_or_null(results.baselines.clean, results.baselines.n_predicted > 0);
  json["zero_ablation_ce"] = numbers(results.baselines.zero);
  json["mean_ablation_ce"] = numbers(results.baselines.mean);
  return json;
}

[[nodiscard]] inline Json multilayer_json(const MultiLayerResult& multilayer) {
  if (!multilayer.is_known()) return nullptr;
  const LayerAnalysis& analysis = multilayer.analysis;
  return {{"n_latents", multilayer.n_latents},
          {"l0", multilayer.l0},
          {"standardization", multilayer.standardization},
          {"n_tokens", analysis.n_tokens},
          {"dead_fraction", number_or_null(analysis.dead_fraction)},
          {"total_layer_variance", number_or_null(analysis.variance.total)},
          {"mean_effective_layers", number_or_null(analysis.mean_effective_layers())},
          {"mean_max_cosine", number_or_null(analysis.mean_max_cosine)},
          {"neighbor_layer_cosines", numbers(analysis.neighbor_cosines)},
          {"layers", to_json(multilayer.rows)},
          {"separate_saes", to_json(multilayer.separate)},
          {"separate_twin_cosines", numbers(multilayer.twin_cosines)}};
}

[[nodiscard]] inline Json variance_json(const MultiLayerResult& multilayer) {
  if (!multilayer.is_known()) return nullptr;
  const LayerAnalysis& analysis = multilayer.analysis;
  return {{"token", number_or_null(analysis.variance.token)},
          {"aggregated", number_or_null(analysis.variance.aggregated)},
          {"token_permuted", number_or_null(analysis.permuted.token)},
          {"aggregated_permuted", number_or_null(analysis.permuted.aggregated)}};
}

[[nodiscard]] inline Json synthetic_json(const std::vector<SyntheticPoint>& points) {
  Json array = Json::array();
  for (const SyntheticPoint& point : points)
    array.push_back({{"persistence", point.persistence},
                     {"written_at_first_layer_only", point.is_written_at_first_layer},
                     {"token_truth", number_or_null(point.truth.token)},
                     {"aggregated_truth", number_or_null(point.truth.aggregated)},
                     {"token_sae", number_or_null(point.sae.token)},
                     {"aggregated_sae", number_or_null(point.sae.aggregated)},
                     {"fvu", number_or_null(point.fvu)}});
  return array;
}

[[nodiscard]] inline Json steering_json(const SteeredText& steered) {
  if (!steered.is_known()) return nullptr;
  return {{"layer", steered.layer},
          {"latent", steered.latent},
          {"value", number_or_null(steered.value)},
          {"word", steered.change.word},
          {"share_before", number_or_null(steered.change.before)},
          {"share_after", number_or_null(steered.change.after)},
          {"nats_before", number_or_null(steered.before.nats_a_token)},
          {"nats_after", number_or_null(steered.clamped.nats_a_token)},
          {"control_vector", steered.file.empty() ? Json(nullptr) : Json(steered.file.filename().string())},
          {"control_vector_matches", steered.file_matches}};
}

}  // namespace detail

[[nodiscard]] inline nlohmann::ordered_json results_json(const Results& results) {
  nlohmann::ordered_json json;
  json["host"] = detail::host_json(results);
  json["layers"] = detail::to_json(results.layers);
  json["layer_variance"] = detail::variance_json(results.multilayer);
  json["mlsae"] = detail::multilayer_json(results.multilayer);
  json["synthetic"] = detail::synthetic_json(results.synthetic);
  json["steering"] = detail::steering_json(results.steered);
  json["settings"] = settings_json(results.settings);
  json["seconds"] = number_or_null(results.seconds);
  return json;
}

/// What was not reached or is not known is null or an empty array. Throws parsae::FileError when the file cannot be
/// written; an old one is then still whole.
inline void write_results(const std::filesystem::path& path, const Results& results) {
  write_json_file(path, results_json(results));
}

}  // namespace parsae_examples::multilayer
