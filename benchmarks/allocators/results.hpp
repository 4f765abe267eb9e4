// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/build_summary.hpp>

#include <nlohmann/json.hpp>

#include <measure/machine.hpp>
#include <support/result_file.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "row.hpp"

namespace parsae_benchmarks {

/// Everything that a run found out.
struct Results {
  std::string command;  ///< as it was typed
  double seconds = 0;
  bool is_complete = true;
  std::size_t n_planned_rows = 0;
  bool has_stored_rates = false;  ///< learning rates were not searched
  std::string data_source;        ///< a sentence; empty: nothing was trained
  /// What the page says of the run, in this order.
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<Row> rows;
  KernelSettings kernel_settings;
  std::vector<KernelRow> kernels;
};

namespace detail {

using Json = nlohmann::ordered_json;
using parsae_examples::number_or_null;

[[nodiscard]] inline Json to_json(const Row& row, const std::vector<Row>& rows) {
  using parsae::DictionaryRecovery;
  const SeedSpread fvu = row.spread(&Measured::fvu);
  Json json;
  json["data"] = row.data;
  json["rule"] = row.rule;
  json["target_l0"] = row.target_l0;
  json["l0"] = number_or_null(row.l0());
  json["l0_std_over_samples"] = number_or_null(row.mean(&Measured::l0_std_over_samples));
  json["fvu"] = number_or_null(fvu.mean);
  json["fvu_std_over_seeds"] = number_or_null(fvu.deviation);
  json["fvu_over_mutual_choice"] = number_or_null(over_mutual_choice(row, rows));
  json["dead_fraction"] = number_or_null(row.mean(&Measured::dead_fraction));
  json["under_used_fraction"] = number_or_null(row.mean(&Measured::under_used_fraction));
  json["zipf_exponent"] = number_or_null(row.mean(&Measured::zipf_exponent));
  json["mmcs_truth_to_learned"] = number_or_null(row.mean(&DictionaryRecovery::truth_to_learned));
  json["mmcs_learned_to_truth"] = number_or_null(row.mean(&DictionaryRecovery::learned_to_truth));
  json["matched_cosine"] = number_or_null(row.mean(&DictionaryRecovery::matched));
  json["found_fraction"] = number_or_null(row.mean(&DictionaryRecovery::found_fraction));
  const bool has_matching = !row.seeds.empty() && row.seeds.front().recovery.has_value();
  const auto optimal = DictionaryRecovery::Matching::Optimal;
  json["matching"] = !has_matching                                     ? Json(nullptr)
                     : row.seeds.front().recovery->matching == optimal ? Json("optimal")
                                                                       : Json("greedy");
  json["bits_per_sample"] = number_or_null(row.mean(&Measured::bits_per_sample));
  json["train_samples_per_s"] = number_or_null(row.mean(&Measured::train_samples_per_s));
  json["encode_us_per_sample"] = number_or_null(row.mean(&Measured::encode_us_per_sample));
  json["learning_rate"] = row.learning_rate;
  json["rate_bracketed"] = row.is_bracketed;
  json["coefficient"] = number_or_null(row.coefficient);
  json["seeds"] = row.seeds.size();
  json["fvu_of_seeds"] = Json::array();
  for (const Measured& seed : row.seeds) json["fvu_of_seeds"].push_back(number_or_null(seed.fvu));
  json["tried_rates"] = Json::array();
  for (const auto& [rate, tried_fvu] : row.tried_rates)
    json["tried_rates"].push_back({{"learning_rate", rate}, {"validation_fvu", number_or_null(tried_fvu)}});
  return json;
}

[[nodiscard]] inline Json to_json(const KernelRow& row, const KernelSettings& settings) {
  return {{"rule", row.rule},
          {"keeps", row.what},
          {"inputs", settings.n_inputs},
          {"latents", settings.n_latents},
          {"samples", settings.n_samples},
          {"threads", settings.threads.count()},
          {"product_ms", number_or_null(1e3 * row.product.median)},
          {"selection_ms", number_or_null(1e3 * row.selection.median)},
          {"selection_ms_min", number_or_null(1e3 * row.selection.min)},
          {"selection_ms_max", number_or_null(1e3 * row.selection.max)},
          {"share_of_product", number_or_null(row.share_of_product())},
          {"dense_sort_ms", number_or_null(1e3 * row.dense_sort.median)},
          {"dense_nth_element_ms", number_or_null(1e3 * row.dense_nth_element.median)},
          {"dense_threads", row.dense_threads}};
}

}  // namespace detail

/// {"command", "seconds", "complete", "stored_rates", "build", "processor", "compiler", "settings", "rows", "kernels"}:
/// what is not known is null. Throws parsae::FileError when the file cannot be written; an old one is then still whole.
inline void write_json(const std::filesystem::path& path, const Results& results) {
  using detail::Json;
  Json json;
  json["command"] = results.command;
  json["seconds"] = results.seconds;
  json["complete"] = results.is_complete;
  json["stored_rates"] = results.has_stored_rates;
  json["build"] = parsae::build_summary();
  json["processor"] = processor_name();
  json["compiler"] = compiler_name();
  json["settings"] = parsae_examples::settings_json(results.settings);
  json["rows"] = Json::array();
  for (const Row& row : results.rows) json["rows"].push_back(detail::to_json(row, results.rows));
  json["kernels"] = Json::array();
  for (const KernelRow& row : results.kernels) json["kernels"].push_back(detail::to_json(row, results.kernel_settings));
  parsae_examples::write_json_file(path, json);
}

}  // namespace parsae_benchmarks
