// SPDX-License-Identifier: MIT
#pragma once

#include <measure/bar_chart.hpp>
#include <support/svg_chart.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "latent_usage.hpp"
#include "verdict.hpp"

namespace parsae_benchmarks::detail {

using parsae_examples::ChartAxis;
using parsae_examples::ChartSeries;
using parsae_examples::Marker;
using parsae_examples::SvgChart;

/// "topk+aux_k" -> "topk".
[[nodiscard]] inline std::string base_of(const std::string& rule) { return rule.substr(0, rule.find('+')); }

/// A color for each rule, shared by its variants with an auxiliary loss; those differ by their markers.
[[nodiscard]] inline std::string rule_color(const std::string& rule) {
  static constexpr std::array<std::string_view, 7> bases{
      "topk", "mutual_choice", "feature_choice_uniform", "feature_choice_zipf", "jumprelu", "gated", "relu_l1"};
  const auto found = std::find(bases.begin(), bases.end(), base_of(rule));
  return found == bases.end() ? "#777777"
                              : parsae_examples::series_color(static_cast<std::size_t>(found - bases.begin()));
}

[[nodiscard]] inline Marker rule_marker(const std::string& rule) {
  if (rule.find("+aux_k") != std::string::npos) return Marker::Triangle;
  if (rule.find("+aux_zipf") != std::string::npos) return Marker::Diamond;
  return Marker::Circle;
}

/// Rules in the order of their first rows.
[[nodiscard]] inline std::vector<std::string> rules_of(const std::vector<Row>& rows) {
  std::vector<std::string> rules;
  for (const Row& row : rows)
    if (std::find(rules.begin(), rules.end(), row.rule) == rules.end()) rules.push_back(row.rule);
  return rules;
}

[[nodiscard]] inline std::string row_text(const Row& row) {
  const SeedSpread fvu = row.spread(&Measured::fvu);
  return row.rule + ", target L0 " + ChartAxis::label(row.target_l0) + ": L0 " +
         parsae_examples::fixed_text(row.l0(), 2) + ", FVU " + fvu_text(fvu.mean) +
         (std::isfinite(fvu.deviation) ? " \xC2\xB1 " + parsae_examples::fixed_text(fvu.deviation, 5) : "") +
         ", learning rate " + ChartAxis::label(row.learning_rate);
}

/// The names beside their colors and markers, once for all charts; wraps where a chart's own legend could not.
[[nodiscard]] inline std::string rule_legend(const std::vector<Row>& rows) {
  std::string html = "<p class=\"legend\">";
  for (const std::string& rule : rules_of(rows)) {
    html += "<span><svg width=\"26\" height=\"12\"><line x1=\"0\" y1=\"6\" x2=\"26\" y2=\"6\" stroke=\"" +
            rule_color(rule) + "\" stroke-width=\"2\"/>" +
            parsae_examples::detail::marker_svg(rule_marker(rule), 13, 6, rule_color(rule), "") + "</svg> " +
            parsae_examples::escape_markup(rule) + "</span>";
  }
  return html + "</p>";
}

/// A curve for each rule, with a standard deviation over seeds above and below.
[[nodiscard]] inline std::string frontier_chart(const std::vector<Row>& rows) {
  SvgChart chart;
  chart.title = "Variance unexplained against active latents";
  chart.x_axis = {"L0 that was reached: active latents a sample, held-out data", ChartAxis::Scale::Log2};
  chart.y_axis = {"FVU, held-out data", ChartAxis::Scale::Log10};
  chart.width = 1120;
  chart.height = 520;
  for (const std::string& rule : rules_of(rows)) {
    ChartSeries curve{"", rule_color(rule), rule_marker(rule), 1.6, {}};
    for (const Row& row : rows) {
      if (row.rule != rule) continue;
      const SeedSpread fvu = row.spread(&Measured::fvu);
      curve.points.push_back({row.l0(), fvu.mean, row_text(row)});
      if (!(fvu.deviation > 0)) continue;
      ChartSeries error_bar{"", rule_color(rule), Marker::None, 1.2, {}};
      error_bar.points = {{row.l0(), fvu.mean - fvu.deviation, ""}, {row.l0(), fvu.mean + fvu.deviation, ""}};
      chart.series.push_back(error_bar);
    }
    std::sort(curve.points.begin(), curve.points.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    chart.series.push_back(curve);
  }
  return chart.svg();
}

/// Densities of the first seed by rank, on both axes logarithmic, with the fitted line and the bound of under-use.
[[nodiscard]] inline std::string density_chart(const Row& row, double lowest_density, double highest_density) {
  const std::vector<double>& density = row.seeds.front().density;
  const ZipfLine line = fit_zipf(density);
  SvgChart chart;
  chart.title = row.rule;
  chart.x_axis = {"rank of the latent; exponent " + parsae_examples::fixed_text(line.exponent, 2),
                  ChartAxis::Scale::Log10};
  chart.y_axis = {"density", ChartAxis::Scale::Log10};
  chart.width = 365;
  chart.height = 270;
  chart.y_range = {lowest_density, highest_density};
  ChartSeries fitted{"", "#555555", Marker::None, 1, {}};
  ChartSeries bound{"", "#c8c8c8", Marker::None, 1, {}};
  ChartSeries curve{"", rule_color(row.rule), Marker::None, 2.4, {}};
  const double n = static_cast<double>(density.size());
  const double bound_at_first = under_used_below * expected_density(row.l0(), 1, density.size());
  const auto on_chart = [&](double y) { return y >= lowest_density && y <= highest_density ? y : unknown; };
  for (double rank = 1; rank <= n; rank = std::max(rank + 1, std::floor(rank * 1.03))) {
    curve.points.push_back({rank, density[static_cast<std::size_t>(rank) - 1], ""});
    fitted.points.push_back({rank, on_chart(line.at(rank)), ""});
    bound.points.push_back({rank, on_chart(bound_at_first / rank), ""});
  }
  chart.series = {bound, fitted, curve};
  return chart.svg();
}

/// A chart for each rule at one target, all on the same scale.
[[nodiscard]] inline std::string density_charts(const std::vector<Row>& rows, double target_l0) {
  double lowest = 1;
  double highest = 0;
  for (const Row& row : rows) {
    if (row.target_l0 != target_l0 || row.seeds.front().density.empty()) continue;
    for (const double density : row.seeds.front().density) {
      if (density > 0) lowest = std::min(lowest, density);
      highest = std::max(highest, density);
    }
  }
  std::string html = "<div class=\"triple\">";
  for (const Row& row : rows)
    if (row.target_l0 == target_l0 && highest > 0 && !row.seeds.front().density.empty())
      html += density_chart(row, lowest, highest);
  return html + "</div>";
}

/// Dead latents, and behind them those that are alive and under-used.
[[nodiscard]] inline std::string usage_chart(const std::vector<Row>& rows) {
  constexpr const char* dead_color = "#8c2d19";
  constexpr const char* under_used_color = "#e3a48f";
  BarChart chart;
  chart.title = "Latents that do little";
  chart.axis = {"share of all latents, %", ChartAxis::Scale::Linear};
  chart.legend = {{"dead", dead_color}, {"alive, but under-used", under_used_color}};
  for (const double target : targets_of(rows)) {
    BarGroup group;
    group.title = "L0 " + ChartAxis::label(target);
    for (const Row& row : rows) {
      const double dead = 100 * row.mean(&Measured::dead_fraction);
      const double under_used = 100 * row.mean(&Measured::under_used_fraction);
      if (row.target_l0 != target || !std::isfinite(dead)) continue;
      Bar bar;
      bar.name = row.rule;
      bar.parts = {{dead, dead_color, parsae_examples::fixed_text(dead, 1) + " % dead"},
                   {under_used - dead, under_used_color,
                    parsae_examples::fixed_text(under_used - dead, 1) + " % alive, but under-used"}};
      bar.label = parsae_examples::fixed_text(dead, 1) + " + " + parsae_examples::fixed_text(under_used - dead, 1);
      group.bars.push_back(bar);
    }
    chart.groups.push_back(group);
  }
  return chart.svg();
}

}  // namespace parsae_benchmarks::detail
