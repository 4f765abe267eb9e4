// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <nlohmann/json.hpp>

#include <support/result_file.hpp>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace parsae_examples::cells {

using parsae::Index;

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// How much of a hidden variable a linear probe finds in a representation, on cells that the fit has not seen.
struct ProbeRow {
  std::string simulation{};  ///< "small" or "large"
  std::string representation{};
  std::string variable{};
  double r2 = unknown;  ///< mean over seeds and, of a group such as "X", over its variables
  double reference = unknown;
  Index n = 0;        ///< cells of the fit
  double spread = 0;  ///< largest minus smallest over seeds
};

/// How closely single latents of one kind of SAE follow hidden variables, over seeds.
struct RecoveryRow {
  std::string simulation{};
  std::string type{};  ///< of the SAE: "vanilla", "relu_l1" or "top_k"; or what it is compared with, such as "pca"
  Index width = 0;
  double setting = 0;            ///< l1, or k in percent
  std::string variable{};        ///< a group: "X", "A", "B", "Y", ...
  double mean_max_corr = 0;      ///< largest |correlation| of a latent, mean over the group and seeds
  double max_corr = 0;           ///< largest in the group, mean over seeds
  double mean_max_spearman = 0;  ///< as the first, of ranks
  double lowest = 0;             ///< of mean_max_corr over seeds
  double highest = 0;
  double n_above_95 = 0;          ///< latents with |correlation| > .95, mean over the group and seeds
  double dead_fraction = 0;       ///< unknown for what has no zeros
  double redundant_fraction = 0;  ///< of the active latents: those with a twin, correlation > .95
  Index n_seeds = 0;
};

/// How well the latents tell which genes a hidden program acts on, at one threshold.
struct StructureRow {
  double percentile = 0;
  double found = 0;  ///< programs for which some latent stands, mean over seeds
  double significant = 0;
  double coverage = 0;
  double precision = 0;
  double jaccard = 0;
  double shuffled_jaccard = 0;  ///< of latents whose cells are shuffled
};

/// How well the best unit of a kind separates each cell type; unit and sign chosen on training cells.
struct SeparationRow {
  Index split = 0;
  std::string unit{};
  Index types_095 = 0;  ///< cell types with an AUROC of at least .95 on held-out cells
  Index types_090 = 0;
  double mean_auroc = 0;
};

struct GeneRow {
  std::string name{};
  double log2_fold_change = 0;
  double minus_log10_p = 0;
  bool differs = false;  ///< by false discovery rate and fold change
};

/// The latent that stands for a cell type, and the genes it stands for.
struct LatentRow {
  std::string cell_type{};
  Index latent = 0;
  double auroc_training = unknown;
  double auroc_heldout = unknown;
  std::string locality{};            ///< "local", "global" or "dead"
  std::vector<std::string> genes{};  ///< higher where the latent is active, most certain first
  Index n_differing = 0;
  double rate = 0;  ///< false discovery rate that was asked of them
  Index n_positive = 0;
  std::vector<std::string> sets{};  ///< enriched gene sets
};

/// One latent over all cells.
struct ShownLatent {
  Index latent = 0;
  std::string title{};
  double auroc_heldout = unknown;
  parsae::Vector<float> activation{};  ///< by cell
  std::vector<GeneRow> genes{};        ///< all that were tested
};

/// To compare with: what nobody knows (a type with a single cell) comes last.
[[nodiscard]] inline double known_auroc(const ShownLatent& latent) {
  return std::isnan(latent.auroc_heldout) ? -1 : latent.auroc_heldout;
}

/// What the latents of one model stand for.
struct Explanation {
  std::vector<LatentRow> rows{};
  std::vector<ShownLatent> shown{};  ///< one for each row
  parsae::Matrix<float> plane{};     ///< 2 x n: the first two components of the embedding
  std::vector<Index> type{};         ///< by cell, or empty
  std::vector<std::string> types{};
  std::vector<Index> heatmap_latents{};  ///< active ones, those of the same strongest type together
  parsae::Matrix<double> heatmap{};      ///< latents x types: mean activation, of the latent's largest
  double percentile = 0;                 ///< of a latent's activations: cells above it are compared with inactive ones
  Index n_local = 0;                     ///< latents that are higher in exactly one type
  Index n_global = 0;
  Index n_dead = 0;
};

struct Results {
  std::vector<ProbeRow> probes{};
  std::vector<RecoveryRow> recovery{};        ///< against width
  std::vector<RecoveryRow> settings_sweep{};  ///< against L1 and k at one width
  std::vector<StructureRow> structure{};
  std::vector<SeparationRow> separation{};
  Explanation explanation{};
  std::string cells_source{};  ///< for people; empty: there is no second part
  double seconds = 0;
  std::vector<std::pair<std::string, std::string>> settings{};  ///< what the page says of the run
};

[[nodiscard]] inline nlohmann::ordered_json to_json(const ProbeRow& row) {
  return {{"representation", row.representation},
          {"variable", row.variable},
          {"r2", number_or_null(row.r2)},
          {"reference", number_or_null(row.reference)},
          {"n", row.n},
          {"simulation", row.simulation},
          {"spread", number_or_null(row.spread)}};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const RecoveryRow& row) {
  return {{"type", row.type},
          {"width", row.width},
          {"variable", row.variable},
          {"mean_max_corr", number_or_null(row.mean_max_corr)},
          {"max_corr", number_or_null(row.max_corr)},
          {"dead_fraction", number_or_null(row.dead_fraction)},
          {"simulation", row.simulation},
          {"setting", number_or_null(row.setting)},
          {"lowest", number_or_null(row.lowest)},
          {"highest", number_or_null(row.highest)},
          {"mean_max_spearman", number_or_null(row.mean_max_spearman)},
          {"n_above_95", number_or_null(row.n_above_95)},
          {"redundant_fraction", number_or_null(row.redundant_fraction)},
          {"seeds", row.n_seeds}};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const StructureRow& row) {
  return {{"percentile", row.percentile},
          {"found", number_or_null(row.found)},
          {"significant", number_or_null(row.significant)},
          {"coverage", number_or_null(row.coverage)},
          {"precision", number_or_null(row.precision)},
          {"jaccard", number_or_null(row.jaccard)},
          {"shuffled_jaccard", number_or_null(row.shuffled_jaccard)}};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const SeparationRow& row) {
  return {{"split", row.split},
          {"unit", row.unit},
          {"types_095", row.types_095},
          {"types_090", row.types_090},
          {"mean_auroc", number_or_null(row.mean_auroc)}};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const LatentRow& row) {
  return {{"cell_type", row.cell_type},
          {"latent", row.latent},
          {"auroc_heldout", number_or_null(row.auroc_heldout)},
          {"genes", row.genes},
          {"auroc_training", number_or_null(row.auroc_training)},
          {"locality", row.locality},
          {"differing", row.n_differing},
          {"false_discovery_rate", row.rate},
          {"gene_sets", row.sets}};
}

/// {"probe_r2", "recovery", "settings_sweep", "structure", "cells", "latents", "settings", "seconds"}; what is unknown
/// is null. Throws parsae::FileError when the file cannot be written; an old one is then still whole.
inline void write_results_json(const std::filesystem::path& path, const Results& results) {
  nlohmann::ordered_json json;
  json["probe_r2"] = json_array(results.probes);
  json["recovery"] = json_array(results.recovery);
  json["settings_sweep"] = json_array(results.settings_sweep);
  json["structure"] = json_array(results.structure);
  json["cells"] = json_array(results.separation);
  json["latents"] = json_array(results.explanation.rows);
  json["settings"] = settings_json(results.settings);
  json["seconds"] = number_or_null(results.seconds);
  write_json_file(path, json);
}

}  // namespace parsae_examples::cells
