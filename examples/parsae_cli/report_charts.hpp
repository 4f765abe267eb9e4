// SPDX-License-Identifier: MIT
#pragma once

#include <support/svg_chart.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "findings.hpp"
#include "histogram.hpp"

namespace parsae_cli {

/// One line of metrics.jsonl: a step of training.
struct CurvePoint {
  double step = 0;
  double samples = 0;
  double loss = 0;
  double fvu = 0;
  double l0 = 0;
  double dead_fraction = 0;
  double learning_rate = 0;
  double bits = 0;  ///< a sample, see description_length_of()
};

namespace detail {

/// From zero, or from nearer where all values lie close together; never a single level, which has no ticks.
[[nodiscard]] inline std::vector<double> shown_range(const std::vector<double>& values) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(high > 0)) return {0, 1};
  return {high > low && low > 0.8 * high ? low : 0, high};
}

struct CurveSettings {
  std::string title;
  std::string unit;
  double CurvePoint::*value = nullptr;
  double factor = 1;
  parsae_examples::ChartAxis::Scale scale = parsae_examples::ChartAxis::Scale::Linear;
};

[[nodiscard]] inline std::string curve_chart(const std::vector<CurvePoint>& curve, const CurveSettings& settings) {
  parsae_examples::SvgChart chart;
  chart.title = settings.title;
  chart.x_axis = {.title = "samples, millions"};
  chart.y_axis = {.title = settings.unit, .scale = settings.scale};
  chart.width = 390;
  chart.height = 270;
  parsae_examples::ChartSeries series{
      .name = "", .color = "#0072b2", .marker = parsae_examples::Marker::None, .line_width = 1.4, .points = {}};
  std::vector<double> values;
  for (const CurvePoint& point : curve) {
    values.push_back(settings.factor * point.*settings.value);
    series.points.push_back({point.samples / 1e6, values.back(), ""});
  }
  chart.series.push_back(series);
  if (settings.scale == parsae_examples::ChartAxis::Scale::Linear) chart.y_range = shown_range(values);
  return chart.svg();
}

[[nodiscard]] inline std::string curves_html(const std::vector<CurvePoint>& curve) {
  using parsae_examples::ChartAxis;
  const std::vector<CurveSettings> charts{
      {.title = "Loss", .unit = "loss a sample", .value = &CurvePoint::loss, .scale = ChartAxis::Scale::Log10},
      {.title = "Fraction of variance unexplained",
       .unit = "FVU",
       .value = &CurvePoint::fvu,
       .scale = ChartAxis::Scale::Log10},
      {.title = "Active latents", .unit = "L0", .value = &CurvePoint::l0},
      {.title = "Dead latents", .unit = "percent", .value = &CurvePoint::dead_fraction, .factor = 100},
      {.title = "Learning rate", .unit = "1e-3", .value = &CurvePoint::learning_rate, .factor = 1000},
      {.title = "Description length", .unit = "bits a sample", .value = &CurvePoint::bits}};
  std::string html = "<div class=\"three\">";
  for (const CurveSettings& settings : charts) html += "<div>" + curve_chart(curve, settings) + "</div>";
  return html + "</div>";
}

/// Whole decades around all values.
[[nodiscard]] inline std::string density_histogram(const std::vector<double>& densities) {
  Histogram chart{.title = "How often latents are active", .x_title = "log10 of the share of samples"};
  double low = -1;
  for (const double density : densities) {
    if (!(density > 0)) continue;
    chart.values.push_back(std::log10(density));
    low = std::min(low, std::floor(chart.values.back()));
  }
  chart.low = low;
  chart.high = 0;
  return chart.svg();
}

[[nodiscard]] inline std::string cosine_histogram(const std::vector<double>& cosines) {
  Histogram chart{.title = "Largest cosine with another latent", .x_title = "cosine of decoder columns"};
  double low = 0;
  for (const double cosine : cosines)
    if (std::isfinite(cosine)) low = std::min(low, std::floor(cosine * 5) / 5);
  chart.low = low;
  chart.high = 1;
  chart.values = cosines;
  return chart.svg();
}

}  // namespace detail

}  // namespace parsae_cli
