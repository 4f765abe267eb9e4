// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/markup.hpp>
#include <support/progress_bar.hpp>

#include <filesystem>
#include <string>

#include "report_charts.hpp"
#include "results.hpp"
#include "tables.hpp"

namespace parsae_benchmarks {
namespace detail {

inline constexpr const char* report_style = R"(
.chart{margin:0 0 26px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px}
pre{font:12.5px/1.45 ui-monospace,Consolas,monospace;background:#f6f6f6;padding:14px 16px;overflow-x:auto}
)";

/// The fastest of parsae's rows that `is_wanted` accepts; null where there is none.
template <class Wanted>
[[nodiscard]] const Row* fastest(const Results& results, const Wanted& is_wanted) {
  const Row* best = nullptr;
  for (const Row& row : results.rows) {
    if (is_peer(row.method) || !is_wanted(row)) continue;
    if (best == nullptr || row.samples_per_second().median > best->samples_per_second().median) best = &row;
  }
  return best;
}

/// About the last size on the data that it was first measured with: TopK where it ran, and against the strongest peer.
[[nodiscard]] inline std::string headline(const Results& results) {
  if (results.rows.empty()) return "This run stopped before it had a result.";
  const Row& first = *rows_by_size(results).back().front();
  const auto is_alike = [&](const Row& row) {
    return row.size.name == first.size.name && row.data == first.data && row.threads == first.threads;
  };
  const Row* row =
      fastest(results, [&](const Row& each) { return is_alike(each) && family_of(each.method) == "topk"; });
  if (row == nullptr) row = fastest(results, is_alike);
  if (row == nullptr) return "This run stopped before it had a result.";
  std::string text = row->size.name + " (" + row->size.text() + "): " + short_text(row->samples_per_second().median) +
                     " samples a second with " + row->method + " on " + row->data + " data, " +
                     fixed_text(row->step_over_encoder_floor(results.machine), 2) +
                     " times the time of a dense float32 encoder at this machine's peak";
  for (const Ratio& ratio : results.ratios)
    if (ratio.size == row->size.name && ratio.data == row->data && ratio.threads == row->threads &&
        ratio.method == row->method && ratio.peer == "torch-strongest")
      text += "; " + fixed_text(ratio.times.median, 1) + " times as fast as the strongest PyTorch implementation";
  return text + ".";
}

[[nodiscard]] inline std::string stages_section(const Results& results) {
  std::string sparse;
  std::string dense;
  for (const std::vector<const Row*>& rows : rows_by_size(results)) {
    sparse += stage_chart(results, rows, StageChart::SparseMethods);
    dense += stage_chart(results, rows, StageChart::DenseMethods);
  }
  std::string html =
      "<h2>Where a step's time goes</h2><p>Median time of each stage. The dashed line is the encoder floor: the "
      "encoder's dense float32 product at the largest multiply-add rate that this run measured with as many threads. "
      "No exact step goes below it; screened ones prove with cheaper products that most of it cannot matter.</p>" +
      sparse;
  if (!dense.empty())
    html +=
        "<h2>Nearly dense work</h2><p>ReLU in its first steps, with half of all latents active, and TopK while AuxK "
        "works on as many latents as are alive.</p>" +
        dense;
  return html;
}

[[nodiscard]] inline std::string growth_section(const Results& results) {
  if (results.growth.empty()) return "";
  std::string html =
      "<h2>Growth</h2><p>One quantity is varied from d 256, n 16384, k 32, batch 1024; gaussian data.</p><div "
      "class=\"pair\">";
  for (const char* axis : {"n", "d", "batch", "k"}) html += growth_chart(results, axis);
  return html + "</div>";
}

[[nodiscard]] inline std::string report_html(const Results& results) {
  using parsae_examples::escape_markup;
  std::string html = rate_chart(results) + stages_section(results) + growth_section(results);
  html += "<h2>All figures</h2><pre>" + escape_markup(results_text(results)) + "</pre>";
  html +=
      "<h2>How this was made</h2><p>Every method ran in a process of its own, on the same samples from the same "
      "weights, in rounds: each took a slice of time while the others slept. Steps before the first slice are not "
      "counted. Figures are medians over all steps; ratios are medians over rounds.</p><p>" +
      escape_markup(parsae::build_summary() + ", " + compiler_name() + ", " + processor_name()) + "</p><p><code>" +
      escape_markup(results.command) + "</code></p><p>Took " + parsae_examples::duration_text(results.seconds) +
      ".</p>";
  const parsae_examples::HtmlPage page{.title = "Training steps, measured",
                                       .heading = "One training step of a sparse autoencoder",
                                       .headline = headline(results),
                                       .style = report_style,
                                       .body = html};
  return page.html();
}

}  // namespace detail

/// One page with everything inside: no script, no other file. Throws parsae::FileError when it cannot be written.
inline void write_report(const std::filesystem::path& path, const Results& results) {
  parsae_examples::write_whole_file(path, detail::report_html(results));
}

}  // namespace parsae_benchmarks
