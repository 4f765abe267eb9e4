// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>
#include <support/svg_chart.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_examples::multilayer::detail {

inline constexpr std::array<Marker, 4> rule_markers{Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond};

[[nodiscard]] inline std::string rule_name(const std::string& rule) {
  if (rule == "topk") return "TopK";
  if (rule == "mutual_choice") return "Mutual Choice";
  if (rule == "jumprelu") return "JumpReLU";
  if (rule == "relu_l1") return "ReLU + L1";
  return rule;
}

/// Layers with more than one L0, ascending.
[[nodiscard]] inline std::vector<Index> layers_with_curves(const std::vector<LayerRow>& rows) {
  std::set<Index> layers;
  for (const LayerRow& a : rows)
    for (const LayerRow& b : rows)
      if (a.layer == b.layer && a.rule == b.rule && a.target_l0 != b.target_l0) layers.insert(a.layer);
  return {layers.begin(), layers.end()};
}

/// What the model loses against how many latents are active, a line for every rule.
[[nodiscard]] inline std::string loss_chart(const std::vector<LayerRow>& all, Index layer) {
  SvgChart chart;
  chart.title = "Reconstruction in place behind block " + std::to_string(layer);
  chart.x_axis = {"L0: active latents a token, measured", ChartAxis::Scale::Log2};
  chart.y_axis = {"cross-entropy added, nats a token", ChartAxis::Scale::Log10};
  chart.width = 580;
  chart.height = 340;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    ChartSeries series{rule_name(std::string(rules[i])), series_color(i), rule_markers[i], 1.6, {}};
    std::vector<LayerRow> rows;
    for (const LayerRow& row : all)
      if (row.layer == layer && row.rule == rules[i]) rows.push_back(row);
    std::sort(rows.begin(), rows.end(), [](const LayerRow& a, const LayerRow& b) { return a.l0 < b.l0; });
    for (const LayerRow& row : rows)
      series.points.push_back({row.l0, row.delta_ce,
                               series.name + ": L0 " + fixed_text(row.l0, 1) + ", " + fixed_text(row.delta_ce, 3) +
                                   " nats, loss recovered " + fixed_text(row.loss_recovered, 3) + ", FVU " +
                                   fixed_text(row.fvu, 3)});
    chart.series.push_back(series);
  }
  for (const LayerRow& row : all) chart.y_range.push_back(row.delta_ce);  // all charts on one scale
  return chart.svg();
}

/// Mean layers of the latents that have mass.
[[nodiscard]] inline std::vector<double> mean_layers_of(const parsae::Matrix<double>& masses) {
  std::vector<double> means;
  for (Index j = 0; j < masses.cols(); ++j) {
    double moment = 0;
    for (Index l = 0; l < masses.rows(); ++l) moment += static_cast<double>(l) * masses(l, j);
    if (masses.col(j).sum() > 0) means.push_back(moment / masses.col(j).sum());
  }
  return means;
}

[[nodiscard]] inline std::string mean_layer_chart(const LayerAnalysis& analysis) {
  constexpr double bins_a_layer = 8;
  const double last = static_cast<double>(analysis.n_layers() - 1);
  const auto series_of = [&](const std::string& name, std::size_t color, const parsae::Matrix<double>& masses) {
    const auto n_bins = static_cast<std::size_t>(bins_a_layer * last);
    std::vector<double> counts(n_bins + 1, 0);
    for (const double mean : mean_layers_of(masses)) ++counts[static_cast<std::size_t>(mean * bins_a_layer + 0.5)];
    ChartSeries series{name, series_color(color), Marker::None, 1.8, {}};
    for (std::size_t b = 0; b < counts.size(); ++b)
      series.points.push_back({static_cast<double>(b) / bins_a_layer, counts[b], ""});
    return series;
  };
  SvgChart chart;
  chart.title = "Mean layer of each latent";
  chart.x_axis = {"E[layer | latent]", ChartAxis::Scale::Linear};
  chart.y_axis = {"latents in an eighth of a layer", ChartAxis::Scale::Linear};
  chart.width = 580;
  chart.height = 300;
  chart.series = {series_of("as it is", 0, analysis.masses), series_of("labels permuted", 4, analysis.permuted_masses)};
  chart.y_range = {0};
  return chart.svg();
}

[[nodiscard]] inline std::string cosine_chart(const LayerAnalysis& analysis) {
  const parsae::CosineByLayerDistance& cosines = analysis.cosines;
  ChartSeries series{"", series_color(0), Marker::Circle, 1.6, {}};
  for (Index b = 0; b < cosines.mean_cosine.size(); ++b)
    series.points.push_back({(cosines.distances(b) + cosines.distances(b + 1)) / 2, cosines.mean_cosine(b),
                             grouped(cosines.pairs.col(b).sum()) + " pairs"});
  SvgChart chart;
  chart.title = "Decoder columns of near and of far layers";
  chart.x_axis = {"distance of the two mean layers", ChartAxis::Scale::Linear};
  chart.y_axis = {"mean cosine of all pairs", ChartAxis::Scale::Linear};
  chart.width = 580;
  chart.height = 300;
  chart.series = {series};
  return chart.svg();
}

/// The share of a latent's layer variance that a single token has, in streams whose truth is known.
[[nodiscard]] inline std::string limits_chart(const std::vector<SyntheticPoint>& points) {
  ChartSeries truth{"truth", series_color(6), Marker::Square, 1.6, {}};
  ChartSeries sae{"trained SAE", series_color(1), Marker::Circle, 1.6, {}};
  for (const SyntheticPoint& point : points) {
    if (point.is_written_at_first_layer) continue;
    truth.points.push_back({point.persistence, point.truth.r_token(), fixed_text(point.truth.r_token(), 6)});
    sae.points.push_back({point.persistence, point.sae.r_token(), fixed_text(point.sae.r_token(), 3)});
  }
  SvgChart chart;
  chart.title = "Token-level over aggregated variance";
  chart.x_axis = {"persistence: chance that a direction stays for the next layer", ChartAxis::Scale::Linear};
  chart.y_axis = {"share of the variance in a token", ChartAxis::Scale::Linear};
  chart.width = 580;
  chart.height = 300;
  chart.series = {truth, sae};
  chart.y_range = {0, 1};
  return chart.svg();
}

}  // namespace parsae_examples::multilayer::detail
