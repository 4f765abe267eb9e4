// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>
#include <support/svg_chart.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "grid.hpp"
#include "minimum.hpp"
#include "results.hpp"

namespace parsae_examples::detail {

/// One (width, k) at one eps, averaged over its seeds.
struct GridCell {
  Index n_rows = 0;
  bool feasible = true;  ///< in every seed
  double l0 = 0;
  double fvu = 0;
  double dead_fraction = 0;
  double bits_codes = 0;
  double bits_codes_only = 0;
  double bits_dictionary = 0;
  double bits_total = 0;
  int code_bins = 0;  ///< of the first seed
  int dictionary_bits = 0;

  [[nodiscard]] double bits(Message message) const {
    return message == Message::CodesOnly ? bits_codes_only : bits_total;
  }
};

using GridCells = std::map<Index, std::map<Index, GridCell>>;  // width, k

[[nodiscard]] inline GridCells cells_at(const std::vector<GridRow>& grid, double eps) {
  GridCells cells;
  for (const GridRow& row : grid) {
    if (!same_eps(row.eps, eps)) continue;
    GridCell& cell = cells[row.width][row.k];
    if (cell.n_rows == 0) {
      cell.code_bins = row.code_bins;
      cell.dictionary_bits = row.dictionary_bits;
    }
    ++cell.n_rows;
    cell.feasible = cell.feasible && row.feasible;
    const double share = 1 / static_cast<double>(cell.n_rows);
    const auto average = [share](double& mean, double value) { mean += (value - mean) * share; };
    average(cell.l0, row.l0);
    average(cell.fvu, row.fvu);
    average(cell.dead_fraction, row.dead_fraction);
    average(cell.bits_codes, row.bits_codes);
    average(cell.bits_codes_only, row.bits_codes_only);
    average(cell.bits_dictionary, row.bits_dictionary);
    average(cell.bits_total, row.bits_total);
  }
  return cells;
}

[[nodiscard]] inline std::string cell_text(Index width, Index k, const GridCell& cell) {
  std::string text = "width " + std::to_string(width) + ", k = " + std::to_string(k) + ": ";
  if (cell.feasible)
    text += short_text(cell.bits_total) + " bits an image (codes " + short_text(cell.bits_codes) + ", dictionary " +
            short_text(cell.bits_dictionary) + "), " + std::to_string(cell.code_bins) + " levels a value, " +
            std::to_string(cell.dictionary_bits) + "-bit dictionary, ";
  else
    text += "cannot meet the bound, ";
  return text + "L0 " + fixed_text(cell.l0, 1) + ", FVU " + fixed_text(cell.fvu, 3) + ", " +
         fixed_text(100 * cell.dead_fraction, 0) + " % dead latents";
}

/// A line for every width, a gap where the bound cannot be met.
inline void add_width_lines(SvgChart& chart, const GridCells& cells, Message message) {
  static constexpr std::array<Marker, 5> markers{Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond,
                                                 Marker::Cross};
  std::size_t position = 0;
  for (const auto& [width, by_k] : cells) {
    ChartSeries series;
    series.name = std::to_string(width);
    series.color = ordered_color(position, cells.size());
    series.marker = markers[position % markers.size()];
    for (const auto& [k, cell] : by_k) {
      const double bits = cell.feasible ? cell.bits(message) : std::numeric_limits<double>::quiet_NaN();
      series.points.push_back({cell.l0, bits, cell_text(width, k, cell)});
    }
    chart.series.push_back(series);
    ++position;
  }
}

[[nodiscard]] inline std::string description_length_chart(const Results& results, const Minimum& minimum,
                                                          Message message) {
  const GridCells cells = cells_at(results.grid, minimum.eps);
  const bool is_codes = message == Message::CodesOnly;
  SvgChart chart;
  chart.title =
      (is_codes ? "Codes alone, FVU \xE2\x89\xA4 " : "Dictionary + codes, FVU \xE2\x89\xA4 ") + eps_text(minimum.eps);
  chart.legend_title = "latents";
  chart.x_axis = {"L0: active latents an image", ChartAxis::Scale::Log2};
  chart.y_axis = {"bits an image", ChartAxis::Scale::Log10};

  ChartSeries envelope;
  envelope.name = "best";
  envelope.color = "#c3c7cc";
  envelope.marker = Marker::None;
  envelope.line_width = 8;
  for (const EnvelopePoint& point : lower_envelope(results.grid, minimum.eps, message))
    envelope.points.push_back({point.l0, point.bits, ""});
  chart.series.push_back(envelope);
  add_width_lines(chart, cells, message);

  const EnvelopeMinimum& found = is_codes ? minimum.codes_only : minimum.total;
  if (found.found)
    chart.callouts.push_back({found.best.l0, found.best.bits,
                              short_text(found.best.bits) + " bits: k = " + std::to_string(found.best.k) + ", width " +
                                  std::to_string(found.best.width)});
  for (const Reference& reference : results.references)
    if (reference.feasible && same_eps(reference.eps, minimum.eps))
      chart.levels.push_back({reference.bits, reference.name + " " + short_text(reference.bits)});
  // Both messages on one scale: the distance between the two charts is the price of the dictionary.
  for (const auto& by_width : cells)
    for (const auto& by_k : by_width.second)
      if (by_k.second.feasible)
        chart.y_range.insert(chart.y_range.end(), {by_k.second.bits_codes_only, by_k.second.bits_total});
  return chart.svg();
}

}  // namespace parsae_examples::detail
