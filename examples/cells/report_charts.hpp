// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>
#include <support/svg_chart.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_examples::cells::detail {

/// Which number of a row a chart shows, and between which bounds it lies over seeds.
struct Shown {
  std::function<double(const RecoveryRow&)> value;
  bool has_range = false;
};

[[nodiscard]] inline std::string type_name(const std::string& type) {
  if (type == "vanilla") return "ReLU, free";
  if (type == "relu_l1") return "ReLU + L1";
  if (type == "top_k") return "TopK";
  if (type == "random_direction") return "random directions";
  return type;
}

/// A line for each type of SAE, with the range over seeds as a bar through each point.
[[nodiscard]] inline std::string recovery_chart(const std::vector<RecoveryRow>& rows, const std::string& title,
                                                const ChartAxis::Settings& x_axis, const ChartAxis::Settings& y_axis,
                                                const std::function<bool(const RecoveryRow&)>& wanted,
                                                const std::function<double(const RecoveryRow&)>& x_of,
                                                const Shown& shown) {
  SvgChart chart;
  chart.title = title;
  chart.width = 570;
  chart.height = 360;
  chart.x_axis = x_axis;
  chart.y_axis = y_axis;
  static constexpr std::array<const char*, 4> types{"vanilla", "relu_l1", "top_k", "random_direction"};
  static constexpr std::array<Marker, 4> markers{Marker::Circle, Marker::Square, Marker::Triangle, Marker::None};
  for (std::size_t t = 0; t < types.size(); ++t) {
    const std::string color = t == 3 ? "#999999" : series_color(t);
    ChartSeries line{.name = type_name(types[t]), .color = color, .marker = markers[t], .points = {}};
    std::vector<ChartSeries> bars;
    for (const RecoveryRow& row : rows) {
      if (row.type != types[t] || !wanted(row)) continue;
      const double x = x_of(row);
      line.points.push_back({x, shown.value(row),
                             row.type + ", " + std::to_string(row.width) + " latents, setting " +
                                 ChartAxis::label(row.setting) + ": " + fixed_text(shown.value(row), 3)});
      if (shown.has_range)
        bars.push_back({.name = "",
                        .color = color,
                        .marker = Marker::None,
                        .line_width = 1,
                        .points = {{x, row.lowest, ""}, {x, row.highest, ""}}});
    }
    if (line.points.empty()) continue;
    for (const ChartSeries& bar : bars) chart.series.push_back(bar);
    chart.series.push_back(line);
  }
  return chart.svg();
}

[[nodiscard]] inline std::string against_width(const std::vector<RecoveryRow>& rows, const std::string& simulation,
                                               const std::string& variable, const std::string& title) {
  return recovery_chart(
      rows, title, {"latents", ChartAxis::Scale::Log2}, {"largest |correlation| of a latent, mean"},
      [&](const RecoveryRow& row) { return row.simulation == simulation && row.variable == variable; },
      [](const RecoveryRow& row) { return static_cast<double>(row.width); },
      {[](const RecoveryRow& row) { return row.mean_max_corr; }, true});
}

[[nodiscard]] inline std::string redundancy_chart(const std::vector<RecoveryRow>& rows) {
  return recovery_chart(
      rows, "Active latents that have a twin (correlation > .95)", {"latents", ChartAxis::Scale::Log2},
      {"share of the active latents"},
      [](const RecoveryRow& row) {
        return row.simulation == "small" && row.variable == "X" && row.type != "random_direction";
      },
      [](const RecoveryRow& row) { return static_cast<double>(row.width); },
      {[](const RecoveryRow& row) { return row.redundant_fraction; }, false});
}

[[nodiscard]] inline std::string dead_chart(const std::vector<RecoveryRow>& rows, bool is_top_k) {
  const std::string what = is_top_k ? "k, % of the latents" : "L1 coefficient";
  const Index width = rows.empty() ? 0 : rows.front().width;
  return recovery_chart(
      rows, std::string("Dead latents against ") + (is_top_k ? "k" : "L1") + ", " + std::to_string(width) + " latents",
      {what, ChartAxis::Scale::Log10}, {"share of latents that no cell activates"},
      [&](const RecoveryRow& row) { return row.variable == "X" && (row.type == "top_k") == is_top_k; },
      [](const RecoveryRow& row) { return row.setting; },
      {[](const RecoveryRow& row) { return row.dead_fraction; }, false});
}

[[nodiscard]] inline std::string structure_chart(const std::vector<StructureRow>& rows) {
  SvgChart chart;
  chart.title = "The genes of each program, from cosines";
  chart.width = 570;
  chart.height = 360;
  chart.x_axis = {"percentile of the cosines that count as connected"};
  chart.y_axis = {"mean over programs"};
  const auto add = [&](const std::string& name, std::size_t color, Marker marker,
                       const std::function<double(const StructureRow&)>& value) {
    ChartSeries line{
        .name = name, .color = color == 6 ? "#999999" : series_color(color), .marker = marker, .points = {}};
    for (const StructureRow& row : rows)
      line.points.push_back({row.percentile, value(row), name + " " + fixed_text(value(row), 3)});
    chart.series.push_back(line);
  };
  add("coverage", 0, Marker::Circle, [](const StructureRow& row) { return row.coverage; });
  add("precision", 1, Marker::Square, [](const StructureRow& row) { return row.precision; });
  add("Jaccard", 2, Marker::Triangle, [](const StructureRow& row) { return row.jaccard; });
  add("Jaccard, shuffled", 6, Marker::None, [](const StructureRow& row) { return row.shuffled_jaccard; });
  return chart.svg();
}

/// Every n-th cell, so that a page of many cells stays light.
[[nodiscard]] inline Index cell_stride(Index n_cells) { return std::max<Index>(1, n_cells / 1500); }

[[nodiscard]] inline SvgChart plane_chart(const std::string& title) {
  SvgChart chart;
  chart.title = title;
  chart.width = 380;
  chart.height = 330;
  chart.x_axis = {"first component"};
  chart.y_axis = {"second component"};
  return chart;
}

/// Cells in the plane of the first two components, inactive ones gray, the most active last.
[[nodiscard]] inline std::string activation_plane(const Explanation& found, const ShownLatent& latent) {
  SvgChart chart = plane_chart(latent.title);
  const double largest = static_cast<double>(latent.activation.maxCoeff());
  constexpr std::size_t n_shades = 5;
  std::vector<ChartSeries> shades(n_shades + 1);
  for (std::size_t s = 0; s <= n_shades; ++s) {
    shades[s].color = s == 0 ? "#d4d7db" : ordered_color(n_shades - s, n_shades);
    shades[s].line_width = 0;
  }
  for (Index i = 0; i < found.plane.cols(); i += cell_stride(found.plane.cols())) {
    const double value = static_cast<double>(latent.activation(i));
    const double part = largest > 0 ? value / largest : 0;
    const std::size_t shade = value > 0 ? 1 + std::min(n_shades - 1, static_cast<std::size_t>(part * n_shades)) : 0;
    shades[shade].points.push_back(
        {static_cast<double>(found.plane(0, i)), static_cast<double>(found.plane(1, i)), ""});
  }
  chart.series = shades;
  return chart.svg();
}

[[nodiscard]] inline std::string type_color(std::size_t type, std::size_t n_types) {
  static constexpr std::array<const char*, 12> colors{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
                                                      "#000000", "#7b4fa3", "#8c6d31", "#7f7f7f", "#b5cf6b", "#9c9ede"};
  return n_types <= colors.size() ? colors[type] : ordered_color(type, n_types);
}

/// Colored by cell type, and the types' names below.
[[nodiscard]] inline std::string type_plane(const Explanation& found) {
  SvgChart chart = plane_chart("Cell types");
  for (std::size_t t = 0; t < found.types.size(); ++t)
    chart.series.push_back({.name = "", .color = type_color(t, found.types.size()), .line_width = 0, .points = {}});
  for (Index i = 0; i < found.plane.cols(); i += cell_stride(found.plane.cols())) {
    const auto type = static_cast<std::size_t>(found.type[static_cast<std::size_t>(i)]);
    chart.series[type].points.push_back(
        {static_cast<double>(found.plane(0, i)), static_cast<double>(found.plane(1, i)), found.types[type]});
  }
  return chart.svg();
}

/// -log10 p against the logarithm of the ratio of means. What is infinite is drawn at the edge.
[[nodiscard]] inline std::string volcano(const ShownLatent& latent) {
  SvgChart chart;
  chart.title = latent.title;
  chart.width = 760;
  chart.height = 420;
  chart.x_axis = {"log2 of the ratio of means, above the percentile / inactive"};
  chart.y_axis = {"-log10 p (Welch)"};
  double edge = 1;
  for (const GeneRow& gene : latent.genes)
    if (std::isfinite(gene.log2_fold_change)) edge = std::max(edge, std::abs(gene.log2_fold_change));
  ChartSeries others{.name = "not different", .color = "#c3c7cc", .line_width = 0, .points = {}};
  ChartSeries differing{.name = "different", .color = series_color(1), .line_width = 0, .points = {}};
  std::vector<const GeneRow*> order;
  const auto x_of = [&](const GeneRow& gene) { return std::clamp(gene.log2_fold_change, -edge - 1, edge + 1); };
  const auto y_of = [](const GeneRow& gene) { return std::min(gene.minus_log10_p, 300.0); };
  for (const GeneRow& gene : latent.genes) {
    (gene.differs ? differing : others)
        .points.push_back({x_of(gene), y_of(gene), gene.name + ", p = 1e-" + fixed_text(gene.minus_log10_p, 1)});
    if (gene.differs && gene.log2_fold_change > 0) order.push_back(&gene);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const GeneRow* a, const GeneRow* b) { return a->minus_log10_p > b->minus_log10_p; });
  chart.series = {others, differing};
  // Names that would lie on each other are left out.
  std::vector<std::array<double, 2>> taken;
  double top = 1;
  for (const GeneRow& gene : latent.genes)
    if (std::isfinite(gene.minus_log10_p)) top = std::max(top, y_of(gene));
  for (const GeneRow* gene : order) {
    const double x = x_of(*gene) / (2 * edge);
    const double y = y_of(*gene) / top;
    const bool is_free = std::none_of(taken.begin(), taken.end(), [&](const std::array<double, 2>& at) {
      return std::abs(at[0] - x) < 0.14 && std::abs(at[1] - y) < 0.16;
    });
    if (!is_free || taken.size() >= 9) continue;
    taken.push_back({x, y});
    chart.callouts.push_back({x_of(*gene), y_of(*gene), gene->name});
  }
  return chart.svg();
}

/// Types are rows, active latents columns; dark is the type in which a latent is strongest on average.
[[nodiscard]] inline std::string heatmap(const Explanation& found) {
  const auto n_latents = static_cast<double>(found.heatmap.rows());
  constexpr double left = 230;
  constexpr double row_height = 22;
  const double cell = std::clamp((1130 - left) / std::max(n_latents, 1.0), 2.0, 26.0);
  const double height = row_height * static_cast<double>(found.heatmap.cols()) + 34;
  std::string svg =
      "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 1136 " + fixed_text(height, 0) + "\" width=\"1136\" height=\"" +
      fixed_text(height, 0) +
      "\" font-family=\"system-ui,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"12\" fill=\"#333\">";
  for (Index t = 0; t < found.heatmap.cols(); ++t) {
    const double y = 4 + row_height * static_cast<double>(t);
    const std::string& name = found.types[static_cast<std::size_t>(t)];
    svg += "<text x=\"" + fixed_text(left - 8, 0) + "\" y=\"" + fixed_text(y + 15, 1) + "\" text-anchor=\"end\">" +
           escape_markup(name) + "</text>";
    for (Index r = 0; r < found.heatmap.rows(); ++r) {
      const double value = std::clamp(found.heatmap(r, t), 0.0, 1.0);
      constexpr std::size_t levels = 32;
      const auto level = static_cast<std::size_t>(std::lround((1 - value) * (levels - 1)));
      svg += "<rect x=\"" + fixed_text(left + cell * static_cast<double>(r), 2) + "\" y=\"" + fixed_text(y, 1) +
             "\" width=\"" + fixed_text(cell, 2) + "\" height=\"" + fixed_text(row_height - 1, 1) + "\" fill=\"" +
             (value < 0.02 ? std::string("#f3f3f5") : ordered_color(level, levels)) + "\" fill-opacity=\"" +
             fixed_text(value < 0.02 ? 1 : 0.15 + 0.85 * value, 2) + "\"><title>latent " +
             std::to_string(found.heatmap_latents[static_cast<std::size_t>(r)]) + ", " + escape_markup(name) + ": " +
             fixed_text(value, 2) + "</title></rect>";
    }
  }
  svg += "<text x=\"" + fixed_text(left, 0) + "\" y=\"" + fixed_text(height - 8, 1) + "\" fill=\"#555\">" +
         std::to_string(found.heatmap.rows()) + " active latents, each against its own strongest type</text>";
  return svg + "</svg>";
}

}  // namespace parsae_examples::cells::detail
