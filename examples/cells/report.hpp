// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "report_charts.hpp"
#include "report_tables.hpp"
#include "results.hpp"
#include "summary.hpp"

namespace parsae_examples::cells {
namespace detail {

inline constexpr const char* report_style = R"(
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px;margin:14px 0}
.triple{display:grid;grid-template-columns:1fr 1fr 1fr;gap:14px;margin:14px 0}
.chart{width:100%;margin:0}
.name{text-align:left}
td.name{max-width:430px}
th{font-weight:600;vertical-align:bottom}
tbody th{font-weight:400;vertical-align:middle}
small{color:#777}
small.far{color:#c22;font-weight:600}
tr.own{background:#eef3f9}
.key{display:inline-block;width:12px;height:12px;vertical-align:-1px;margin:0 4px 0 2px}
.swatch{white-space:nowrap;margin-right:10px}
.volcano .chart{width:820px}
details{margin:8px 0}
summary{cursor:pointer;color:#555}
)";

[[nodiscard]] inline std::string headline(const Results& results) {
  const std::vector<UnitSummary> units = summarize_units(results.separation);
  const UnitSummary* own = find_unit(units, "pre_activation");
  const UnitSummary* random = find_unit(units, "random_direction");
  if (own != nullptr && random != nullptr)
    return "Single latents of a sparse autoencoder separate " + fixed_text(own->types_090, 1) + " of " +
           std::to_string(results.explanation.types.size()) +
           " cell types (AUROC \xE2\x89\xA5 .90 on cells held out); as many random directions separate " +
           fixed_text(random->types_090, 1) + ".";
  if (!results.probes.empty())
    return "Linear probes find what the simulation predicts: every R\xC2\xB2 within " +
           fixed_text(largest_deviation(results.probes), 3) + " of its value in the population.";
  if (!results.explanation.rows.empty())
    return std::to_string(results.explanation.rows.size()) + " latents of a sparse autoencoder, explained by genes.";
  return "This run stopped before it had a result.";
}

[[nodiscard]] inline std::string probe_section(const Results& results) {
  if (results.probes.empty()) return "";
  const Index n = results.probes.front().n;
  std::string html =
      "<h2>What linear probes find</h2><p>A cell's activity A, a small number, reaches the RNA through the factors X = "
      "A B "
      "whose DNA is accessible (B = 1), without noise. R&sup2; of a linear probe for each hidden variable, fitted on " +
      grouped(n) + " simulated cells and judged on " + grouped(n / 2) +
      " others; small: the value in the population, in closed form. The largest difference is " +
      fixed_text(largest_deviation(results.probes), 3) + ".</p>" + probe_table(results.probes, "small");
  const std::string large = probe_table(results.probes, "large");
  if (large.find("<td>") == std::string::npos) return html;
  std::string sentences;
  for (const std::string& representation : representations_of(results.probes, "large"))
    sentences += "<li>" + escape_markup(order_sentence(results.probes, representation)) + "</li>";
  return html +
         "<p>The hierarchy: programs X, with the batch's effect X', of which the cell's type A lets some through, X'', "
         "which "
         "make the expression Y. Mean R&sup2; over the variables of each level: mean over seeds, and their range.</p>" +
         large + "<ul>" + sentences + "</ul>";
}

[[nodiscard]] inline std::string recovery_section(const Results& results) {
  if (results.recovery.empty()) return "";
  std::string html =
      "<h2>What single latents follow</h2><p>SAEs are trained on the latents of a plain autoencoder of the RNA. For "
      "each "
      "hidden variable the latent with the largest |correlation| over held-out cells is taken, and the mean over the "
      "variables of a group; points are means over seeds, bars their range. <b>The more latents, the larger is this "
      "number "
      "by chance</b>: gray are untrained random directions of the same representation. An SAE recovers a variable only "
      "where its line lies above the gray one. In the small simulation X depends linearly on a representation of three "
      "dimensions, so that among a few dozen random directions one lies close to each factor.</p><div class=\"pair\">" +
      against_width(results.recovery, "small", "X", "The three factors X, small simulation") +
      against_width(results.recovery, "small", "A", "The activity A, small simulation") +
      against_width(results.recovery, "small", "B", "Accessibility B, small simulation") +
      redundancy_chart(results.recovery);
  if (!results.settings_sweep.empty())
    html += dead_chart(results.settings_sweep, false) + dead_chart(results.settings_sweep, true);
  const bool has_large = std::any_of(results.recovery.begin(), results.recovery.end(),
                                     [](const RecoveryRow& row) { return row.simulation == "large"; });
  if (has_large)
    html += against_width(results.recovery, "large", "X''", "Programs of the cell's type X'', large simulation") +
            against_width(results.recovery, "large", "A", "Cell type A, large simulation");
  html += "</div>";
  if (!results.structure.empty())
    html +=
        "<p>Which genes a program acts on: a latent is connected to the genes with which its cosine over cells is "
        "above a "
        "percentile of all cosines, and stands for the program with which it shares most. Coverage alone is no "
        "finding: at "
        "a low percentile everything is connected. Jaccard is the largest of any latent, over all programs; shuffled: "
        "the "
        "same latents with cells in another order.</p><div class=\"pair\">" +
        structure_chart(results.structure) + "</div>";
  html += "<details><summary>All numbers for X, small simulation</summary>" +
          recovery_table(results.recovery, "small", "X") + "</details>";
  if (has_large)
    html += "<details><summary>All numbers for X'', large simulation</summary>" +
            recovery_table(results.recovery, "large", "X''") + "</details>";
  return html;
}

[[nodiscard]] inline std::string separation_section(const Results& results) {
  if (results.separation.empty()) return "";
  const std::vector<UnitSummary> units = summarize_units(results.separation);
  std::string html =
      "<h2>Which cell types single units separate</h2><p>" + escape_markup(results.cells_source) + ". In each of " +
      std::to_string(units.front().n_splits) +
      " stratified halvings everything is fitted to one half; there the unit of each kind, and its sign, is chosen "
      "that "
      "ranks the cells of a type highest; its AUROC is measured on the other half. Means over splits. There are as "
      "many "
      "random directions and clusters to choose from as latents, but fewer components and more genes.</p>" +
      units_table(units, results.explanation.types.size());
  return html + "<p>" +
         escape_markup(comparison_sentence(results.separation, "pre_activation", "SAE pre-activations")) + " " +
         escape_markup(comparison_sentence(results.separation, "code", "SAE codes")) +
         " (One is called better where it separates more types at AUROC &ge; .90 in at least eight of ten splits.) "
         "Ridge "
         "regression is told the types, and is what no unsupervised unit has to reach.</p>";
}

[[nodiscard]] inline std::string planes(const Explanation& found) {
  std::vector<const ShownLatent*> order;
  for (const ShownLatent& latent : found.shown) order.push_back(&latent);
  std::stable_sort(order.begin(), order.end(),
                   [](const ShownLatent* a, const ShownLatent* b) { return known_auroc(*a) > known_auroc(*b); });
  std::string html = "<div class=\"triple\">";
  if (!found.types.empty()) html += type_plane(found);
  const std::size_t most = found.types.empty() ? 6 : 5;
  std::vector<Index> drawn;
  for (const ShownLatent* latent : order) {
    if (drawn.size() >= most || std::find(drawn.begin(), drawn.end(), latent->latent) != drawn.end()) continue;
    drawn.push_back(latent->latent);
    html += activation_plane(found, *latent);
  }
  html +=
      "</div><p>Latents: gray where inactive, then from orange to violet up to the strongest activation. The axes are "
      "the "
      "first two components of the embedding.";
  if (found.types.empty()) return html + "</p>";
  html += "</p><p>";
  for (std::size_t t = 0; t < found.types.size(); ++t)
    html += "<span class=\"swatch\"><span class=\"key\" style=\"background:" + type_color(t, found.types.size()) +
            "\"></span>" + escape_markup(found.types[t]) + "</span> ";
  return html + "</p>";
}

/// Of the latents with some genes that differ and are higher, the one that separates its type best.
[[nodiscard]] inline const ShownLatent* volcano_latent(const Explanation& found) {
  const ShownLatent* best = nullptr;
  for (const ShownLatent& latent : found.shown) {
    const auto n_higher = std::count_if(latent.genes.begin(), latent.genes.end(),
                                        [](const GeneRow& gene) { return gene.differs && gene.log2_fold_change > 0; });
    if (latent.genes.empty() || (best != nullptr && n_higher < 8)) continue;
    if (best == nullptr || known_auroc(latent) > known_auroc(*best)) best = &latent;
  }
  return best;
}

[[nodiscard]] inline std::string explanation_section(const Results& results) {
  const Explanation& found = results.explanation;
  if (found.rows.empty()) return "";
  std::string html = "<h2>What the latents stand for</h2><p>";
  if (found.types.empty())
    html += escape_markup(results.cells_source) + ". Without cell types: the latents that are most active.";
  else
    html +=
        "The SAE of the first split; for each cell type the latent whose pre-activation ranks its training cells "
        "highest. Of all its latents " +
        std::to_string(found.n_local) + " are higher in exactly one type (local), " + std::to_string(found.n_global) +
        " in several or none (global), " + std::to_string(found.n_dead) + " are active in no cell.";
  html += "</p>" + latent_table(found) + "<p>Genes: cells above percentile " + fixed_text(found.percentile, 1) +
          " of the latent's activations, against cells where it is inactive: Welch's t-test of log counts a million, "
          "false discovery rate, and a ratio of mean counts of at least two. The latents were made from the same "
          "genes, so that these p-values put genes in an order and prove nothing by themselves.</p>" +
          planes(found);
  if (found.heatmap.size() > 0)
    html += "<h2>Latents and cell types</h2><p>Mean activation of each latent in each type.</p>" + heatmap(found);
  if (const ShownLatent* latent = volcano_latent(found))
    html +=
        "<h2>Genes of one latent</h2><p>Genes that none of the cells above have stand at the left edge.</p><div "
        "class=\"volcano\">" +
        volcano(*latent) + "</div>";
  return html;
}

[[nodiscard]] inline std::string report_html(const Results& results, const std::string& command) {
  const HtmlPage page{.title = "What sparse autoencoders say of cells",
                      .heading = "Sparse autoencoders on simulated and living cells",
                      .headline = headline(results),
                      .style = report_style,
                      .body = separation_section(results) + explanation_section(results) + probe_section(results) +
                              recovery_section(results) + "<h2>How this was made</h2><p><code>" +
                              escape_markup(command) + "</code></p>" + settings_list(results.settings) +
                              "<p class=\"quiet\">Took " + duration_text(results.seconds) + ".</p>"};
  return page.html();
}

}  // namespace detail

/// One page with everything inside; sections without results are left out. Throws parsae::FileError when it cannot be
/// written.
inline void write_report(const std::filesystem::path& path, const Results& results, const std::string& command) {
  write_whole_file(path, detail::report_html(results, command));
}

}  // namespace parsae_examples::cells
