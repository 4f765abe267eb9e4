// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "report_charts.hpp"
#include "results.hpp"
#include "summary.hpp"

namespace parsae_examples::cells::detail {

/// In the order in which they come first.
[[nodiscard]] inline std::vector<std::string> representations_of(const std::vector<ProbeRow>& probes,
                                                                 const std::string& simulation) {
  std::vector<std::string> names;
  for (const ProbeRow& row : probes)
    if (row.simulation == simulation && std::find(names.begin(), names.end(), row.representation) == names.end())
      names.push_back(row.representation);
  return names;
}

/// A row for each representation and a column for each variable, in the order in which they come first.
[[nodiscard]] inline std::string probe_table(const std::vector<ProbeRow>& probes, const std::string& simulation) {
  std::vector<std::string> variables;
  for (const ProbeRow& row : probes)
    if (row.simulation == simulation && std::find(variables.begin(), variables.end(), row.variable) == variables.end())
      variables.push_back(row.variable);
  if (simulation == "large") variables = {"Y", "X''", "A", "X'", "X", "batch"};
  std::string html = "<table><thead><tr><th class=\"name\">representation</th>";
  for (const std::string& variable : variables) html += "<th>" + escape_markup(variable) + "</th>";
  html += "</tr></thead><tbody>";
  for (const std::string& representation : representations_of(probes, simulation)) {
    html += "<tr><th class=\"name\">" + representation_name(representation) + "</th>";
    for (const std::string& variable : variables) {
      std::string cell;
      for (const ProbeRow& row : probes) {
        if (row.simulation != simulation || row.representation != representation || row.variable != variable) continue;
        cell = fixed_text(row.r2, 3);
        const bool is_far = std::isfinite(row.reference) && std::abs(row.r2 - row.reference) > 0.02;
        if (std::isfinite(row.reference))
          cell += "<br><small" + std::string(is_far ? " class=\"far\"" : "") + ">" + fixed_text(row.reference, 3) +
                  "</small>";
        else if (simulation == "large")
          cell += "<br><small>range " + fixed_text(row.spread, 3) + "</small>";
      }
      html += "<td>" + cell + "</td>";
    }
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string range_text(Index least, Index most) {
  return least == most ? std::to_string(least) : std::to_string(least) + "&ndash;" + std::to_string(most);
}

[[nodiscard]] inline std::string units_table(const std::vector<UnitSummary>& units, std::size_t n_types) {
  std::string html = "<table><thead><tr><th class=\"name\">unit</th><th>types of " + std::to_string(n_types) +
                     "<br>at AUROC &ge; .95</th><th>range over<br>splits</th><th>types at<br>AUROC &ge; .90</th>"
                     "<th>range over<br>splits</th><th>mean AUROC</th></tr></thead><tbody>";
  for (const UnitSummary& unit : units)
    html += "<tr" + std::string(unit.unit == "pre_activation" || unit.unit == "code" ? " class=\"own\"" : "") +
            "><th class=\"name\">" + unit.name + "</th><td>" + fixed_text(unit.types_095, 1) + "</td><td>" +
            range_text(unit.least_095, unit.most_095) + "</td><td>" + fixed_text(unit.types_090, 1) + "</td><td>" +
            range_text(unit.least_090, unit.most_090) + "</td><td>" + fixed_text(unit.mean_auroc, 3) + "</td></tr>";
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

[[nodiscard]] inline std::string latent_table(const Explanation& found) {
  const bool has_types = !found.types.empty();
  const bool has_sets =
      std::any_of(found.rows.begin(), found.rows.end(), [](const LatentRow& row) { return !row.sets.empty(); });
  std::string html = "<table><thead><tr>";
  if (has_types) html += "<th class=\"name\">cell type</th>";
  html += "<th>latent</th>";
  if (has_types) html += "<th>AUROC, training</th><th>AUROC, held out</th><th>kind</th>";
  html += "<th>cells<br>above</th><th>genes that<br>differ</th><th class=\"name\">higher, most certain first</th>";
  if (has_sets) html += "<th class=\"name\">gene sets</th>";
  html += "</tr></thead><tbody>";
  for (const LatentRow& row : found.rows) {
    html += "<tr>";
    if (has_types) html += "<th class=\"name\">" + escape_markup(row.cell_type) + "</th>";
    html += "<td>" + std::to_string(row.latent) + "</td>";
    if (has_types)
      html += "<td>" + fixed_text(row.auroc_training, 3) + "</td><td>" + fixed_text(row.auroc_heldout, 3) +
              "</td><td>" + row.locality + "</td>";
    html += "<td>" + std::to_string(row.n_positive) + "</td><td>" + std::to_string(row.n_differing) +
            "</td><td class=\"name\">" + escape_markup(joined(row.genes)) + "</td>";
    if (has_sets) html += "<td class=\"name\">" + escape_markup(joined(row.sets)) + "</td>";
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

/// Mean over seeds of the largest correlation, with dead and redundant latents, of one simulation and variable.
[[nodiscard]] inline std::string recovery_table(const std::vector<RecoveryRow>& rows, const std::string& simulation,
                                                const std::string& variable) {
  std::string html =
      "<table><thead><tr><th class=\"name\">type</th><th>latents</th><th>mean of the<br>largest</th>"
      "<th>range over<br>seeds</th><th>largest of<br>all</th><th>of ranks</th><th>latents<br>above .95</th>"
      "<th>dead</th><th>have a twin</th></tr></thead><tbody>";
  for (const RecoveryRow& row : rows) {
    if (row.simulation != simulation || row.variable != variable) continue;
    html += "<tr><th class=\"name\">" + escape_markup(type_name(row.type)) + "</th><td>" + std::to_string(row.width) +
            "</td><td>" + fixed_text(row.mean_max_corr, 3) + "</td><td>" + fixed_text(row.lowest, 2) + "&ndash;" +
            fixed_text(row.highest, 2) + "</td><td>" + fixed_text(row.max_corr, 3) + "</td><td>" +
            fixed_text(row.mean_max_spearman, 3) + "</td><td>" + fixed_text(row.n_above_95, 1) + "</td><td>" +
            fixed_text(100 * row.dead_fraction, 0) + " %</td><td>" + fixed_text(100 * row.redundant_fraction, 0) +
            " %</td></tr>";
  }
  return html + "</tbody></table>";
}

}  // namespace parsae_examples::cells::detail
