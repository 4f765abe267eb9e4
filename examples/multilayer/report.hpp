// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/progress_bar.hpp>

#include <filesystem>
#include <string>

#include "report_charts.hpp"
#include "report_layers.hpp"
#include "report_text.hpp"
#include "results.hpp"

namespace parsae_examples::multilayer {

struct ReportInput {
  Results results;
  std::string command;      ///< as it was typed
  bool is_complete = true;  ///< false: the run was interrupted
};

namespace detail {

inline constexpr const char* report_style = R"(
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px;margin:14px 0 10px;align-items:center}
.chart{width:100%;margin:0}
caption{text-align:left;padding-bottom:6px;font-weight:600}
.rules td{white-space:nowrap}
td.best{background:#e3edf7;font-weight:600}
figure{margin:16px 0;break-inside:avoid}
figcaption{margin-bottom:5px;font-size:14px}
.map{display:flex;gap:8px}
.rows{display:flex;flex-direction:column;font-size:12px;color:#666}
.rows span{height:22px;line-height:22px}
.map img{flex:1;min-width:0;width:100%;image-rendering:pixelated;border:1px solid #ccc;box-sizing:border-box}
.bars{width:100%}
.bars th{text-align:left;font-weight:400;white-space:nowrap}
.bar{width:55%}
.bar div{height:15px}
.seen{background:#0072b2}
.control{background:#e69f00}
.latent{display:grid;grid-template-columns:200px 1fr;gap:22px;border-top:1px solid #eee;padding:12px 0;break-inside:avoid}
.latent small{color:#666;line-height:1.5}
.shares{display:flex;align-items:flex-end;gap:3px;height:38px;margin:4px 0 6px}
.shares i{width:16px;background:#0072b2;display:block}
.snippet{margin:2px 0;font-size:14px;white-space:pre-wrap;max-width:none}
.snippet .peak{outline:1.5px solid #a04000}
.stories{table-layout:fixed;width:100%}
.stories td,.stories th{overflow-wrap:anywhere;text-align:left;vertical-align:top;width:33%;padding:8px 12px 8px 0;white-space:pre-wrap}
mark{background:#ffd08a;padding:0 1px}
@media print{*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

/// The best rule behind each layer at the first L0, by the loss recovered; null where there is no row.
[[nodiscard]] inline const LayerRow* best_row(const std::vector<LayerRow>& rows, Index layer) {
  const LayerRow* best = nullptr;
  for (const LayerRow& row : rows)
    if (row.layer == layer && row.target_l0 == rows.front().target_l0 &&
        (best == nullptr || row.loss_recovered > best->loss_recovered))
      best = &row;
  return best;
}

[[nodiscard]] inline std::string headline(const Results& results) {
  if (results.host.is_random) return "A model with random weights: this page shows how a run goes, and no finding.";
  if (results.layers.empty()) return "This run stopped before it had a result.";
  const Index layer = std::max<Index>(results.host.shape.n_layers - 2, 0);
  std::string text;
  if (const LayerRow* best = best_row(results.layers, layer))
    text = "With " + fixed_text(best->l0, 0) + " latents a token behind block " + std::to_string(layer) +
           ", the model keeps " + fixed_text(100 * best->loss_recovered, 1) + " % of what that stream is worth to it. ";
  if (!results.multilayer.is_known()) return text;
  const LayerAnalysis& analysis = results.multilayer.analysis;
  return text + "A latent of one SAE for all layers varies by " + fixed_text(analysis.variance.token, 2) +
         " squared layers in a token, by " + fixed_text(analysis.variance.aggregated, 2) + " over all of them.";
}

[[nodiscard]] inline std::string host_section(const Results& results) {
  const HostFacts& host = results.host;
  if (host.n_predicted == 0) return "";
  std::string html = "<p>The model loses " + fixed_text(host.clean_ce, 4) + " nats a token on " +
                     grouped(host.n_predicted) + " tokens of its own text, " + fixed_text(results.baselines.clean, 4) +
                     " on the " + grouped(results.baselines.n_predicted) +
                     " held-out ones that all splices are judged by. ";
  if (host.greedy_matches)
    html += *host.greedy_matches ? "Its greedy text is the published one. "
                                 : "<b>Its greedy text is not the published one.</b> ";
  html += "With the stream set to zero at every position behind a block it knows nothing, ln(vocabulary) = " +
          fixed_text(std::log(static_cast<double>(host.shape.n_vocabulary)), 4) + " nats; set to its mean:";
  for (std::size_t l = 0; l < results.baselines.mean.size(); ++l)
    html += (l > 0 ? ", " : " ") + fixed_text(results.baselines.mean[l], 2);
  return html +
         ". Loss recovered is (ablated &minus; spliced) / (ablated &minus; clean), of the zero ablation unless it "
         "says of the mean. The first position of each story, always the same token, is left to the model in "
         "spliced runs.</p>";
}

/// A row for every layer, a column for every rule, at the first L0.
[[nodiscard]] inline std::string rules_table(const Results& results) {
  std::string html = "<table class=\"rules\"><caption>At L0 " + ChartAxis::label(results.layers.front().target_l0) +
                     ": nats added / loss recovered / of mean ablation / FVU, and the L0 measured</caption>"
                     "<thead><tr><th>behind block</th>";
  for (const std::string_view rule : rules) html += "<th>" + rule_name(std::string(rule)) + "</th>";
  html += "</tr></thead><tbody>";
  for (Index layer = 0; layer < results.host.shape.n_layers; ++layer) {
    const LayerRow* best = best_row(results.layers, layer);
    if (best == nullptr) continue;
    html += "<tr><th>" + std::to_string(layer) + "</th>";
    for (const std::string_view rule : rules) {
      std::string cell;
      for (const LayerRow& row : results.layers)
        if (row.layer == layer && row.rule == rule && row.target_l0 == best->target_l0)
          cell = fixed_text(row.delta_ce, 3) + " / " + fixed_text(row.loss_recovered, 3) + " / " +
                 fixed_text(row.loss_recovered_mean, 3) + " / " + fixed_text(row.fvu, 3) + " <span class=\"quiet\">(" +
                 fixed_text(row.l0, 1) + ")</span>";
      html += (best->rule == rule ? "<td class=\"best\">" : "<td>") + cell + "</td>";
    }
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string rules_section(const Results& results) {
  if (results.layers.empty()) return "";
  std::string html = "<h2>What the model loses with a reconstruction in its stream</h2>" + host_section(results);
  const std::vector<Index> layers = layers_with_curves(results.layers);
  for (std::size_t i = 0; i < layers.size(); i += 2) {
    html += "<div class=\"pair\">" + loss_chart(results.layers, layers[i]);
    if (i + 1 < layers.size()) html += loss_chart(results.layers, layers[i + 1]);
    html += "</div>";
  }
  return html + rules_table(results);
}

[[nodiscard]] inline std::string limits_section(const std::vector<SyntheticPoint>& points) {
  if (points.empty()) return "";
  std::string html =
      "<h2>Streams whose truth is known</h2><div class=\"pair\">" + limits_chart(points) +
      "<div><p>Directions that are written at a random layer of a token and stay with a given chance. Without "
      "persistence a direction is at one layer of a token, and the token-level variance is ";
  html += fixed_text(points.front().truth.token, 7) + " (trained SAE: " + fixed_text(points.front().sae.token, 3) +
          ", aggregated " + fixed_text(points.front().sae.aggregated, 3) + ").</p>";
  for (const SyntheticPoint& point : points)
    if (point.is_written_at_first_layer)
      html +=
          "<p>Written at the first layer alone, with full persistence, a direction is at all layers of a token: "
          "token-level over aggregated is " +
          fixed_text(point.truth.r_token(), 7) + " (trained SAE: " + fixed_text(point.sae.r_token(), 3) +
          "), both variances (n&sup2; &minus; 1) / 12 = " + fixed_text(point.truth.aggregated, 4) + ".</p>";
  return html + "<p>The SAE is trained by Mutual Choice with as many latents as there are directions.</p></div></div>";
}

[[nodiscard]] inline std::string report_html(const ReportInput& input) {
  const Results& results = input.results;
  std::string html;
  if (!input.is_complete) html += "<p class=\"warning\">This run was interrupted. What was not reached is missing.</p>";
  if (results.host.is_random)
    html += "<p class=\"warning\">The model has random weights. Nothing here says anything about language models.</p>";
  html += rules_section(results) + layers_section(results.multilayer) + latents_section(results.latents) +
          steering_section(results.steered) + limits_section(results.synthetic) +
          "<h2>How this was made</h2><p><code>" + escape_markup(input.command) + "</code></p>" +
          settings_list(results.settings) + "<p class=\"quiet\">Took " + duration_text(results.seconds) + ".</p>";
  return HtmlPage{.title = "Sparse autoencoders in a language model, layer by layer",
                  .heading = "Sparse autoencoders in a small language model",
                  .headline = headline(results),
                  .style = report_style,
                  .body = html}
      .html();
}

}  // namespace detail

/// One page with everything inside: no script, no other file. Sections without input are left out. Throws
/// parsae::FileError when it cannot be written.
inline void write_report(const std::filesystem::path& path, const ReportInput& input) {
  write_whole_file(path, detail::report_html(input));
}

}  // namespace parsae_examples::multilayer
