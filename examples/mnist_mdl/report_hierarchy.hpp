// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bit_results.hpp"
#include "forest_figure.hpp"

namespace parsae_examples::detail {

[[nodiscard]] inline std::string hierarchy_table(const std::vector<HierarchyRow>& rows) {
  std::string html =
      "<table class=\"numbers\"><thead><tr><th>architecture</th><th>FVU \xE2\x89\xA4</th><th>latents</th><th>k</th>"
      "<th>FVU<br><small>codes not rounded</small></th><th>bits, counted<br>as in the sweep</th>"
      "<th>presence,<br>independent</th><th>presence,<br>in a tree</th><th>bits of<br>the "
      "file</th></tr></thead><tbody>";
  for (const HierarchyRow& row : rows) {
    html += "<tr><th>" + escape_markup(row.method) + "</th><td>" + eps_text(row.row.eps) + "</td><td>" +
            std::to_string(row.row.width) + "</td><td>" + std::to_string(row.row.k) + "</td><td>" +
            fixed_text(row.row.fvu, 3) + "</td>";
    if (!row.row.feasible) {
      html += "<td colspan=\"4\" class=\"words\">does not keep the bound</td></tr>";
      continue;
    }
    const double n = static_cast<double>(row.message.size.n_samples);
    html += "<td><b>" + fixed_text(row.row.bits_total, 1) + "</b></td><td>" +
            fixed_text(row.message.size.bits.independent / n, 2) + "</td><td>" +
            fixed_text(row.message.size.bits.forest / n, 2) + "</td><td><b>" + fixed_text(row.message.bits_file(), 1) +
            "</b></td></tr>";
  }
  return html + "</tbody></table>";
}

/// Which of the hierarchical architectures has fewer bits than TopK, bound by bound.
[[nodiscard]] inline std::string hierarchy_verdict(const std::vector<HierarchyRow>& rows) {
  std::map<double, const HierarchyRow*> flat;
  for (const HierarchyRow& row : rows)
    if (row.method == "TopK") flat[row.row.eps] = &row;
  std::string text;
  for (const HierarchyRow& row : rows) {
    const auto rival = flat.find(row.row.eps);
    if (row.method == "TopK" || rival == flat.end()) continue;
    text += (text.empty() ? "" : " ") + row.method + " at FVU \xE2\x89\xA4 " + eps_text(row.row.eps) + ": ";
    if (!row.row.feasible || !rival->second->row.feasible) {
      text += "the bound is not kept by both.";
      continue;
    }
    const double ratio = row.message.bits_file() / rival->second->message.bits_file();
    text += fixed_text(ratio, 3) + " times the bits of TopK's file" + (ratio < 1 ? ", it wins." : ", it loses.");
  }
  return text;
}

[[nodiscard]] inline std::string hierarchy_section(const BitResults& bits) {
  if (bits.empty()) return "";
  const TreeResult& tree = bits.tree;
  std::string html = "<h2>Hierarchies</h2>";
  if (!bits.hierarchy.empty())
    html += "<p>" + escape_markup(hierarchy_verdict(bits.hierarchy)) +
            " TreeGated: a latent may be active only with its parent; the forest is learned from TopK codes half way. "
            "NestedPrefixes: an eighth, a quarter and a half of the latents must do on their own. One seed, no AuxK; "
            "each has the first of k, 4/3 k, 2 k "
            "and 3 k active latents that keeps the bound. "
            "Presence with its probabilities, and the tree where there is one; the file takes the shorter.</p>" +
            hierarchy_table(bits.hierarchy);
  const std::string figure = forest_figure(tree.tree, tree.edge_bits, tree.avoids, tree.densities, bits.columns);
  if (figure.empty()) return html;
  return html + "<p>The tree that a Chow-Liu search finds over the latents trained on bits (FVU \xE2\x89\xA4 " +
         eps_text(tree.eps) + ", seed " + std::to_string(tree.seed) + "): telling which are active takes " +
         fixed_text(tree.bits_flat, 2) + " bits an image one by one, " + fixed_text(tree.bits_tree, 2) +
         " given the parent; the difference is the sum of the mutual informations, " +
         fixed_text(tree.mutual_information_bits, 2) +
         ". Thick edges tell most; along whole ones latents go together, along dashed ones they avoid each other. The "
         "most frequent latent stands left; at most 60 edges are drawn.</p>" +
         figure;
}

}  // namespace parsae_examples::detail
