// SPDX-License-Identifier: MIT
#pragma once

#include <measure/text_table.hpp>
#include <support/chart_axis.hpp>
#include <support/markup.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "verdict.hpp"

namespace parsae_benchmarks {

/// Titles and cells, for a terminal and for a page.
struct FigureTable {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;
};

[[nodiscard]] inline FigureTable figure_table(const std::vector<Row>& rows, bool has_truth) {
  using parsae::DictionaryRecovery;
  using parsae_examples::ChartAxis;
  using parsae_examples::fixed_text;
  FigureTable table{{"rule", "target", "L0", "\xC2\xB1 samples", "FVU", "\xC2\xB1 seeds", "/ MC", "dead %", "under %",
                     "bits/sample", "train/s", "us/sample", "rate", "coefficient"},
                    {}};
  if (has_truth)
    for (const char* title : {"truth found", "latents true", "matched"}) table.titles.push_back(title);
  for (const Row& row : rows) {
    const SeedSpread fvu = row.spread(&Measured::fvu);
    table.rows.push_back(
        {row.rule, ChartAxis::label(row.target_l0), fixed_text(row.l0(), 2) + (row.is_on_target() ? "" : " *"),
         fixed_text(row.mean(&Measured::l0_std_over_samples), 2), fvu_text(fvu.mean), fixed_text(fvu.deviation, 5),
         fixed_text(over_mutual_choice(row, rows), 3), fixed_text(100 * row.mean(&Measured::dead_fraction), 1),
         fixed_text(100 * row.mean(&Measured::under_used_fraction), 1),
         fixed_text(row.mean(&Measured::bits_per_sample), 1), fixed_text(row.mean(&Measured::train_samples_per_s), 0),
         fixed_text(row.mean(&Measured::encode_us_per_sample), 1),
         ChartAxis::label(row.learning_rate) + (row.is_bracketed ? "" : " ?"),
         std::isfinite(row.coefficient) ? fixed_text(row.coefficient, 4) : ""});
    if (!has_truth) continue;
    for (const auto figure :
         {&DictionaryRecovery::truth_to_learned, &DictionaryRecovery::learned_to_truth, &DictionaryRecovery::matched})
      table.rows.back().push_back(fixed_text(row.mean(figure), 3));
  }
  return table;
}

[[nodiscard]] inline FigureTable kernel_table(const std::vector<KernelRow>& rows) {
  using parsae_examples::fixed_text;
  FigureTable table{{"rule", "keeps", "product ms", "selection ms", "of product %", "slowest ms", "sort ms",
                     "nth_element ms", "their threads"},
                    {}};
  for (const KernelRow& row : rows)
    table.rows.push_back({row.rule, row.what, fixed_text(1e3 * row.product.median, 1),
                          fixed_text(1e3 * row.selection.median, 1), fixed_text(100 * row.share_of_product(), 1),
                          fixed_text(1e3 * row.selection.max, 1), fixed_text(1e3 * row.dense_sort.median, 1),
                          fixed_text(1e3 * row.dense_nth_element.median, 1), std::to_string(row.dense_threads)});
  return table;
}

[[nodiscard]] inline std::string terminal_text(const FigureTable& table) {
  std::vector<TextTable::Column> columns;
  for (const std::string& title : table.titles)
    columns.push_back({title, title == "rule" || title == "keeps" ? TextTable::Align::Left : TextTable::Align::Right});
  TextTable text(columns);
  for (const std::vector<std::string>& row : table.rows) text.add(row);
  return text.text();
}

[[nodiscard]] inline std::string table_html(const FigureTable& table) {
  using parsae_examples::escape_markup;
  std::string html = "<table><thead><tr>";
  for (const std::string& title : table.titles) html += "<th>" + escape_markup(title) + "</th>";
  html += "</tr></thead><tbody>";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr><th>" + escape_markup(row.front()) + "</th>";
    for (std::size_t c = 1; c < row.size(); ++c) html += "<td>" + escape_markup(row[c]) + "</td>";
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string results_text(const Results& results) {
  std::string text;
  if (!results.rows.empty()) {
    const bool has_truth = results.rows.front().seeds.front().recovery.has_value();
    text += "\n" + terminal_text(figure_table(results.rows, has_truth));
    text +=
        "  *: L0 more than 5 % off the target; ?: the learning rate is not bracketed; dead, under: of all latents;\n  "
        "/ MC: FVU "
        "over that of mutual_choice at the same target\n\n";
    for (const double target : targets_of(results.rows)) text += verdict(results.rows, target) + "\n";
  }
  if (!results.kernels.empty())
    text += "\nSelection alone, " + std::to_string(results.kernel_settings.n_samples) + " x " +
            std::to_string(results.kernel_settings.n_latents) + " pre-activations of " +
            std::to_string(results.kernel_settings.n_inputs) + " inputs, " +
            std::to_string(results.kernel_settings.threads.count()) + " threads\n" +
            terminal_text(kernel_table(results.kernels));
  return text;
}

}  // namespace parsae_benchmarks
