// SPDX-License-Identifier: MIT
#pragma once

#include <support/svg_chart.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "verdict.hpp"

namespace parsae_experts {

using parsae_examples::ChartAxis;
using parsae_examples::ChartSeries;
using parsae_examples::fixed_text;
using parsae_examples::Marker;
using parsae_examples::SvgChart;

/// How an arm looks in every chart.
struct ArmLook {
  std::string arm;
  std::string name;
  std::string color;
  Marker marker = Marker::Circle;
};

[[nodiscard]] inline const std::vector<ArmLook>& arm_looks() {
  static const std::vector<ArmLook> looks{{"random", "random", "#8a8f98", Marker::Square},
                                          {"usage_matched", "matched usage", "#56b4e9", Marker::Triangle},
                                          {"bottom", "bottom", "#009e73", Marker::Diamond},
                                          {"targeted", "targeted", "#d55e00", Marker::Circle}};
  return looks;
}

/// Arms by n, every n with the rows of all seeds.
[[nodiscard]] inline std::map<Index, std::vector<Arm>> by_count(const Findings& findings, const ArmQuery& query) {
  std::map<Index, std::vector<Arm>> rows;
  for (const Arm& arm : arms_of(findings, query)) rows[arm.n].push_back(arm);
  return rows;
}

/// The mean over seeds, and thin lines through the extremes: of seeds for one set of units, of all draws for controls.
inline void add_lines(SvgChart& chart, const Findings& findings, ArmQuery query, const ArmLook& look,
                      double Arm::*member, double factor) {
  query.arm = look.arm;
  const bool is_reduction = member == &Arm::relative_reduction;
  ChartSeries mean{look.name, look.color, look.marker, 2.2, {}};
  ChartSeries low{"", look.color, Marker::None, 0.7, {}};
  ChartSeries high{"", look.color, Marker::None, 0.7, {}};
  for (const auto& [n, arms] : by_count(findings, query)) {
    const Spread spread = spread_of(arms, member);
    const bool has_draws = is_reduction && arms.front().n_draws > 1;
    const double x = static_cast<double>(n);
    const double bottom = has_draws ? spread_of(arms, &Arm::ci_low).low : spread.low;
    const double top = has_draws ? spread_of(arms, &Arm::ci_high).high : spread.high;
    mean.points.push_back({x, factor * spread.mean,
                           look.name + " " + std::to_string(n) + ": " + fixed_text(factor * spread.mean, 1) + " (" +
                               fixed_text(factor * bottom, 1) + " to " + fixed_text(factor * top, 1) + ")"});
    low.points.push_back({x, factor * bottom, ""});
    high.points.push_back({x, factor * top, ""});
  }
  chart.series.push_back(low);
  chart.series.push_back(high);
  chart.series.push_back(mean);
}

[[nodiscard]] inline std::string reduction_chart(const Findings& findings, const ArmQuery& query,
                                                 const std::string& title) {
  SvgChart chart;
  chart.title = title;
  chart.x_axis = {query.unit + "s switched off", ChartAxis::Scale::Log2};
  chart.y_axis = {"refusals cut, % of the baseline", ChartAxis::Scale::Linear};
  chart.y_range = {0, 100};
  for (const ArmLook& look : arm_looks()) add_lines(chart, findings, query, look, &Arm::relative_reduction, 100);
  return chart.svg();
}

[[nodiscard]] inline std::vector<Baseline> baselines_of(const Findings& findings, const std::string& stage2) {
  std::vector<Baseline> rows;
  for (const Baseline& row : findings.baseline)
    if (row.stage2 == stage2) rows.push_back(row);
  return rows;
}

[[nodiscard]] inline std::string accuracy_chart(const Findings& findings, const ArmQuery& query,
                                                const std::string& title) {
  SvgChart chart;
  chart.title = title;
  chart.x_axis = {query.unit + "s switched off", ChartAxis::Scale::Log2};
  chart.y_axis = {"neutral images answered rightly, %", ChartAxis::Scale::Linear};
  const std::vector<Baseline> baseline = baselines_of(findings, query.stage2);
  const double stage2 = 100 * spread_of(baseline, &Baseline::neutral_accuracy).mean;
  const double stage1 = 100 * spread_of(baseline, &Baseline::stage1_neutral).mean;
  chart.levels = {{stage2, "none off"}, {stage1, "stage 1"}};
  for (const ArmLook& look : arm_looks()) add_lines(chart, findings, query, look, &Arm::neutral_accuracy, 100);
  return chart.svg();
}

/// Refusals cut against points of neutral accuracy lost: a line for each kind of unit, a point for each count.
[[nodiscard]] inline std::string tradeoff_chart(const Findings& findings, const std::string& stage2,
                                                const std::string& title) {
  SvgChart chart;
  chart.title = title;
  chart.x_axis = {"points of neutral accuracy lost", ChartAxis::Scale::Linear};
  chart.y_axis = {"refusals cut, % of the baseline", ChartAxis::Scale::Linear};
  chart.y_range = {0, 100};
  const double before = spread_of(baselines_of(findings, stage2), &Baseline::neutral_accuracy).mean;
  const auto add = [&](const std::string& unit, const std::string& color, Marker marker) {
    ChartSeries series{unit + "s", color, marker, 2.2, {}};
    for (const auto& [n, arms] : by_count(findings, {unit, stage2, "zero_weight", "targeted"})) {
      const double lost = 100 * (before - spread_of(arms, &Arm::neutral_accuracy).mean);
      const double cut = 100 * spread_of(arms, &Arm::relative_reduction).mean;
      series.points.push_back({lost, cut,
                               std::to_string(n) + " " + unit + "s: " + fixed_text(cut, 1) + " % cut, " +
                                   fixed_text(lost, 1) + " points lost"});
    }
    chart.series.push_back(series);
  };
  add("expert", "#d55e00", Marker::Circle);
  add("latent", "#0072b2", Marker::Square);
  return chart.svg();
}

/// Pairs of bars: refusals of neutral images with experts forced on, and with random ones of the same layers.
[[nodiscard]] inline std::string stimulation_chart(const Findings& findings, const std::string& stage2) {
  const auto targeted = by_count(findings, {"expert", stage2, "", "stimulated"});
  const auto random = by_count(findings, {"expert", stage2, "", "random_stimulated"});
  constexpr double bottom = 214;
  std::string svg =
      "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 600 260\" width=\"600\" height=\"260\" "
      "font-family=\"system-ui,sans-serif\" font-size=\"12\" fill=\"#333\"><text x=\"40\" y=\"16\" font-size=\"14\" "
      "font-weight=\"600\">Neutral images refused, %, with experts forced on</text>";
  svg += "<line x1=\"40\" y1=\"214\" x2=\"590\" y2=\"214\" stroke=\"#888\"/>";
  double x = 60;
  const auto bar = [&](const std::vector<Arm>& arms, const char* color, const std::string& name) {
    const Spread spread = spread_of(arms, &Arm::refusal_rate);
    const double size = 1.6 * 100 * spread.mean;
    svg += "<rect x=\"" + fixed_text(x, 0) + "\" y=\"" + fixed_text(bottom - size, 1) + "\" width=\"46\" height=\"" +
           fixed_text(std::max(size, 0.5), 1) + "\" fill=\"" + color + "\"><title>" + name + ": " +
           fixed_text(100 * spread.low, 1) + " to " + fixed_text(100 * spread.high, 1) + " over seeds</title></rect>";
    svg += "<text text-anchor=\"middle\" x=\"" + fixed_text(x + 23, 0) + "\" y=\"" + fixed_text(bottom - size - 5, 1) +
           "\">" + fixed_text(100 * spread.mean, 1) + "</text>";
    x += 50;
  };
  for (const auto& [n, arms] : targeted) {
    svg += "<text text-anchor=\"middle\" x=\"" + fixed_text(x + 48, 0) + "\" y=\"232\">" + std::to_string(n) +
           (n == 1 ? " expert" : " experts") + "</text>";
    bar(arms, "#d55e00", "targeted");
    if (random.contains(n)) bar(random.at(n), "#8a8f98", "random of the same layers");
    x += 32;
  }
  svg +=
      "<rect x=\"60\" y=\"242\" width=\"12\" height=\"12\" fill=\"#d55e00\"/><text x=\"78\" y=\"252\">targeted</text>"
      "<rect x=\"160\" y=\"242\" width=\"12\" height=\"12\" fill=\"#8a8f98\"/><text x=\"178\" y=\"252\">random, of the "
      "same layers</text>";
  return svg + "</svg>";
}

}  // namespace parsae_experts
