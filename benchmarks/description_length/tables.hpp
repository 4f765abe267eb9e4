// SPDX-License-Identifier: MIT
#pragma once

#include <measure/text_table.hpp>
#include <support/chart_axis.hpp>
#include <support/markup.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_benchmarks::description_length {

/// A column of the table: a title, and a cell for each row.
struct EqualFvuColumn {
  std::string title;
  std::string (*cell)(const EqualFvuRow& row);
};

/// What a row shows; another figure of a message is one more line.
[[nodiscard]] inline std::vector<EqualFvuColumn> equal_fvu_columns() {
  using parsae_examples::ChartAxis;
  using parsae_examples::fixed_text;
  return {
      {"FVU", [](const EqualFvuRow& row) { return ChartAxis::label(row.fvu); }},
      {"family", [](const EqualFvuRow& row) { return row.family; }},
      {"bits", [](const EqualFvuRow& row) { return fixed_text(row.bits().mean, 2); }},
      {"\xC2\xB1 seeds", [](const EqualFvuRow& row) { return fixed_text(row.bits().deviation, 2); }},
      {"presence", [](const EqualFvuRow& row) { return fixed_text(row.spread(&Message::bits_presence).mean, 2); }},
      {"values", [](const EqualFvuRow& row) { return fixed_text(row.spread(&Message::bits_value).mean, 2); }},
      {"L0", [](const EqualFvuRow& row) { return fixed_text(row.spread(&Message::l0).mean, 2); }},
      {"dead %", [](const EqualFvuRow& row) { return fixed_text(100 * row.spread(&Message::dead_fraction).mean, 1); }},
      {"rise %", [](const EqualFvuRow& row) { return fixed_text(100 * (row.allowed_rise - 1), 1); }},
      {"rate",
       [](const EqualFvuRow& row) { return ChartAxis::label(row.learning_rate) + (row.is_bracketed ? "" : " ?"); }},
      {"parameter", [](const EqualFvuRow& row) {
         return row.parameters.empty() || !std::isfinite(row.parameters.front())
                    ? std::string("\xE2\x80\x93")
                    : ChartAxis::label(std::stod(fixed_text(1e6 * row.parameters.front(), 0)) / 1e6);
       }}};
}

[[nodiscard]] inline std::vector<double> targets_of(const std::vector<EqualFvuRow>& rows) {
  std::set<double> targets;
  for (const EqualFvuRow& row : rows) targets.insert(row.fvu);
  return {targets.begin(), targets.end()};
}

/// The row with the fewest bits at one FVU; null without any.
[[nodiscard]] inline const EqualFvuRow* shortest(const std::vector<EqualFvuRow>& rows, double fvu) {
  const EqualFvuRow* best = nullptr;
  for (const EqualFvuRow& row : rows)
    if (row.fvu == fvu && std::isfinite(row.bits().mean) && (best == nullptr || row.bits().mean < best->bits().mean))
      best = &row;
  return best;
}

/// "At FVU 0.06, jumprelu_mdl needs the fewest bits a sample: 74.1; 6.3 % less than jumprelu_l0 (79.1)." One sentence
/// for each FVU.
[[nodiscard]] inline std::string verdict(const std::vector<EqualFvuRow>& rows, double fvu) {
  using parsae_examples::fixed_text;
  const std::string where = "At FVU " + parsae_examples::ChartAxis::label(fvu) + ", ";
  const EqualFvuRow* best = shortest(rows, fvu);
  if (best == nullptr) return where + "no family got there.";
  std::string text = where + best->family + " needs the fewest bits a sample: " + fixed_text(best->bits().mean, 1);
  for (const EqualFvuRow& row : rows) {
    if (&row == best || row.fvu != fvu || !std::isfinite(row.bits().mean)) continue;
    text += "; " + row.family + " " + fixed_text(100 * (row.bits().mean / best->bits().mean - 1), 1) + " % more";
  }
  return text + ".";
}

[[nodiscard]] inline std::string results_text(const Results& results) {
  if (results.rows.empty()) return "";
  std::vector<TextTable::Column> columns;
  for (const EqualFvuColumn& column : equal_fvu_columns())
    columns.push_back({column.title, column.title == "family" ? TextTable::Align::Left : TextTable::Align::Right});
  TextTable table(columns);
  for (const EqualFvuRow& row : results.rows) {
    std::vector<std::string> cells;
    for (const EqualFvuColumn& column : equal_fvu_columns()) cells.push_back(column.cell(row));
    table.add(cells);
  }
  std::string text =
      "\n" + table.text() +
      "  rise: of the FVU by quantizing; ?: the learning rate is not bracketed; parameter: the first seed's\n\n";
  for (const double fvu : targets_of(results.rows)) text += verdict(results.rows, fvu) + "\n";
  return text;
}

}  // namespace parsae_benchmarks::description_length
