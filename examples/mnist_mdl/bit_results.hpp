// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/chow_liu.hpp>

#include <nlohmann/json.hpp>

#include <support/result_file.hpp>

#include <limits>
#include <string>
#include <vector>

#include "digit_message.hpp"
#include "grid.hpp"
#include "hierarchy.hpp"
#include "rate_distortion.hpp"

namespace parsae_examples {

/// One SAE that was trained on bits, and the sweep beside it. Bits are per image.
struct MdlRow {
  double eps = 0;
  GridRow row;           ///< counted as the grid's rows are; its seed is the row's
  DigitMessage message;  ///< the real file
  double best_of_sweep_bits = std::numeric_limits<double>::quiet_NaN();  ///< of all rows of the grid at this eps

  /// Counted alike on both sides.
  [[nodiscard]] double ratio_to_sweep() const { return row.bits_total / best_of_sweep_bits; }
  /// Header and index left out.
  [[nodiscard]] double ratio_of_file() const {
    return (message.bits_file() - message.bits_header()) / message.bits_computed();
  }
};

/// The fewest bits of dictionary + codes in the grid, over all widths, k and seeds; NaN where no row keeps eps.
[[nodiscard]] inline double best_of_sweep(const std::vector<GridRow>& grid, double eps) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const GridRow& row : grid)
    if (same_eps(row.eps, eps) && row.feasible && !(row.bits_total >= best)) best = row.bits_total;
  return best;
}

/// What a Chow-Liu tree saves in telling which latents are active, with the probabilities of the images themselves and
/// before anything is paid for the models: bits_flat - bits_tree = mutual_information_bits. Per image.
struct TreeResult {
  double bits_flat = 0;
  double bits_tree = 0;
  double mutual_information_bits = 0;  ///< summed over the edges
  double eps = 0;                      ///< of the SAE
  std::uint64_t seed = 0;              ///< of the SAE
  parsae::PresenceTree tree;
  std::vector<double> edge_bits;  ///< of each latent and its parent; 0 for a root
  std::vector<bool> avoids;       ///< whether they are active together less often than by chance
  std::vector<double> densities;  ///< of each latent
};

[[nodiscard]] inline TreeResult tree_result(const parsae::SparseCode<float>& code, Index n_latents,
                                            parsae::Threads threads) {
  using namespace parsae;
  PairCounts counts(n_latents);
  counts.add(code, threads);
  TreeResult result;
  result.tree = chow_liu_tree(counts, 0, threads);
  result.bits_flat = presence_bits(PresenceTreeCounts(independent_latents(n_latents), counts));
  result.bits_tree = presence_bits(PresenceTreeCounts(result.tree, counts));
  for (Index j = 0; j < n_latents; ++j) {
    const Index parent = result.tree.parents[j];
    result.edge_bits.push_back(parent == PresenceTree::none ? 0 : mutual_information(counts, j, parent));
    result.mutual_information_bits += result.edge_bits.back();
    result.avoids.push_back(parent != PresenceTree::none &&
                            static_cast<double>(counts.together(j, parent)) * static_cast<double>(counts.n_samples()) <
                                static_cast<double>(counts.active(j)) * static_cast<double>(counts.active(parent)));
    result.densities.push_back(static_cast<double>(counts.active(j)) / static_cast<double>(counts.n_samples()));
  }
  return result;
}

/// What training on bits adds to the results and to the page.
struct BitResults {
  std::vector<MdlRow> rows;                 ///< those of the leading eps first
  TreeResult tree;                          ///< of the first row's SAE that keeps its bound
  std::vector<std::vector<float>> columns;  ///< its decoder columns, one picture a latent
  std::vector<HierarchyRow> hierarchy;
  std::vector<RateCurve> references;

  [[nodiscard]] bool empty() const { return rows.empty(); }
};

[[nodiscard]] inline nlohmann::ordered_json to_json(const MdlRow& row) {
  nlohmann::ordered_json json;
  const bool is_known = row.row.feasible;
  json["seed"] = row.row.seed;
  json["eps"] = row.eps;
  json["width"] = row.row.width;
  json["l0"] = number_or_null(row.row.l0);
  json["fvu"] = number_or_null(row.row.fvu);
  json["bits_computed"] = number_or_null(row.message.bits_computed(), is_known);
  json["bits_file"] = number_or_null(row.message.bits_file(), is_known);
  json["bits_header"] = number_or_null(row.message.bits_header(), is_known);
  json["file_bytes"] = is_known ? nlohmann::ordered_json(row.message.size.bytes.total()) : nullptr;
  json["n_images"] = is_known ? nlohmann::ordered_json(row.message.size.n_samples) : nullptr;
  json["file_fvu"] = number_or_null(row.message.fvu, is_known);
  json["file_has_tree"] = row.message.size.has_forest;
  json["bits_as_sweep_counts"] = number_or_null(row.row.bits_total, is_known);
  json["best_of_sweep_bits"] = number_or_null(row.best_of_sweep_bits);
  json["ratio_to_sweep"] = number_or_null(row.ratio_to_sweep(), is_known);
  return json;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const TreeResult& tree) {
  return {{"bits_flat", tree.bits_flat},
          {"bits_tree", tree.bits_tree},
          {"mutual_information_bits", tree.mutual_information_bits}};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const HierarchyRow& row) {
  nlohmann::ordered_json json;
  const double n = static_cast<double>(row.message.size.n_samples);
  json["method"] = row.method;
  json["eps"] = row.row.eps;
  json["width"] = row.row.width;
  json["k"] = row.row.k;
  json["fvu"] = number_or_null(row.row.fvu);
  json["bits_total"] = number_or_null(row.row.bits_total, row.row.feasible);
  json["bits_file"] = number_or_null(row.message.bits_file(), row.row.feasible);
  json["bits_presence_flat"] = number_or_null(row.message.size.bits.independent / n, row.row.feasible);
  json["bits_presence_tree"] = number_or_null(row.message.size.bits.forest / n, row.row.feasible);
  return json;
}

}  // namespace parsae_examples
