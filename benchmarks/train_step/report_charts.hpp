// SPDX-License-Identifier: MIT
#pragma once

#include <measure/bar_chart.hpp>
#include <support/markup.hpp>
#include <support/svg_chart.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "results.hpp"

namespace parsae_benchmarks::detail {

using parsae_examples::ChartAxis;
using parsae_examples::short_text;

/// A color for each stage, in the order of the step: products blue, the way back in warm colors.
[[nodiscard]] inline const std::vector<std::pair<std::string, std::string>>& stage_colors() {
  static const std::vector<std::pair<std::string, std::string>> colors{
      {"center", "#999999"},          {"encode", "#0072b2"},       {"decode", "#56b4e9"},     {"losses", "#cc79a7"},
      {"sampled_product", "#e69f00"}, {"latent_order", "#f0e442"}, {"latent_pass", "#d55e00"}};
  return colors;
}

[[nodiscard]] inline std::string method_color(const std::string& method) {
  if (is_peer(method)) return method == "torch-strongest" ? "#8c8c8c" : "#bdbdbd";
  return precision_of(method) == parsae::Precision::Screened ? "#d55e00" : "#0072b2";
}

/// "trained-like, 1 thread" where a row is not of the plain kind.
[[nodiscard]] inline std::string row_name(const Row& row, int usual_threads) {
  std::string name = row.method;
  if (row.data != "gaussian") name += ", " + row.data;
  if (row.threads != usual_threads)
    name += ", " + std::to_string(row.threads) + (row.threads == 1 ? " thread" : " threads");
  return name;
}

/// The rows of every size in the order of the run.
[[nodiscard]] inline std::vector<std::vector<const Row*>> rows_by_size(const Results& results) {
  std::vector<std::vector<const Row*>> sizes;
  for (const Row& row : results.rows) {
    if (sizes.empty() || sizes.back().front()->size.name != row.size.name) sizes.emplace_back();
    sizes.back().push_back(&row);
  }
  return sizes;
}

[[nodiscard]] inline std::string rate_chart(const Results& results) {
  BarChart chart;
  chart.title = "Samples a second in training, gaussian data (median; line: slowest and fastest step)";
  chart.axis = {"samples a second", ChartAxis::Scale::Log10};
  chart.legend = {{"parsae, exact", "#0072b2"},
                  {"parsae, screened", "#d55e00"},
                  {"PyTorch", "#bdbdbd"},
                  {"strongest PyTorch", "#8c8c8c"}};
  for (const std::vector<const Row*>& rows : rows_by_size(results)) {
    BarGroup group;
    group.title = rows.front()->size.name + ": " + rows.front()->size.text();
    for (const Row* row : rows) {
      if (row->data != rows.front()->data || row->threads != rows.front()->threads) continue;
      const Spread rate = row->samples_per_second();
      const std::string label = short_text(rate.median);
      group.bars.push_back({row->method,
                            {{rate.median, method_color(row->method), row->method + ": " + label}},
                            label,
                            rate.min,
                            rate.max});
    }
    chart.groups.push_back(std::move(group));
  }
  return chart.svg();
}

[[nodiscard]] inline Bar stage_bar(const Row& row, int usual_threads) {
  const double us_per_sample = 1e6 / static_cast<double>(row.size.batch);
  Bar bar;
  bar.name = row_name(row, usual_threads);
  for (const auto& [stage, color] : stage_colors()) {
    const double us = us_per_sample * row.stage(stage);
    bar.parts.push_back({us, color, bar.name + ", " + stage + ": " + short_text(us) + " \xC2\xB5s a sample"});
  }
  bar.label = short_text(us_per_sample * row.step_seconds.median);
  return bar;
}

enum class StageChart { SparseMethods, DenseMethods };

/// Where a step's time goes; ReLU's dense start and AuxK have a chart of their own, since they take many times as long.
/// Empty where no row belongs to it.
[[nodiscard]] inline std::string stage_chart(const Results& results, const std::vector<const Row*>& rows,
                                             StageChart which) {
  BarGroup group;
  for (const Row* row : rows) {
    const std::string_view family = family_of(row->method);
    const bool is_dense = family == "relu" || family == "topk-auxk";
    if (is_peer(row->method) || is_dense != (which == StageChart::DenseMethods)) continue;
    group.bars.push_back(stage_bar(*row, rows.front()->threads));
  }
  if (group.bars.empty()) return "";
  const Row& first = *rows.front();
  group.mark = 1e6 * first.encoder_floor_seconds(results.machine) / static_cast<double>(first.size.batch);
  BarChart chart;
  chart.title = first.size.name + ": " + first.size.text();
  chart.axis = {"\xC2\xB5s a sample, stage by stage; behind the bar: the whole step", ChartAxis::Scale::Linear};
  for (const auto& [stage, color] : stage_colors()) chart.legend.push_back({stage, color});
  chart.groups = {std::move(group)};
  return chart.svg();
}

/// Empty where nothing was varied along `axis`.
[[nodiscard]] inline std::string growth_chart(const Results& results, const std::string& axis) {
  parsae_examples::SvgChart chart;
  chart.title = "Growth in " + axis;
  chart.x_axis = {axis, ChartAxis::Scale::Log2};
  chart.y_axis = {"\xC2\xB5s a sample", ChartAxis::Scale::Log10};
  for (const std::string& method : all_methods()) {
    parsae_examples::ChartSeries series;
    series.name = method;
    series.color = method_color(method);
    for (const GrowthPoint& point : results.growth) {
      if (point.axis != axis || point.row.method != method) continue;
      const double us = 1e6 * point.row.step_seconds.median / static_cast<double>(point.row.size.batch);
      series.points.push_back({static_cast<double>(point.value()), us, point.row.size.text() + ": " + short_text(us)});
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  return chart.series.empty() ? "" : chart.svg();
}

}  // namespace parsae_benchmarks::detail
