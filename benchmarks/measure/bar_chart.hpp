// SPDX-License-Identifier: MIT
#pragma once

#include <support/chart_axis.hpp>
#include <support/markup.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace parsae_benchmarks {

/// A stretch of a bar, after the ones before it.
struct BarPart {
  double value = 0;
  std::string color;
  std::string tooltip;
};

struct Bar {
  std::string name;
  std::vector<BarPart> parts;
  std::string label;                                      ///< behind the bar
  double low = std::numeric_limits<double>::quiet_NaN();  ///< low and high: ends of a thin line, where they are known
  double high = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] double value() const {
    double sum = 0;
    for (const BarPart& part : parts) sum += part.value;
    return sum;
  }
};

struct BarGroup {
  std::string title;
  std::vector<Bar> bars;
  double mark = std::numeric_limits<double>::quiet_NaN();  ///< a dashed line across the group, where it is known
};

struct BarLegend {
  std::string name;
  std::string color;
};

/// Horizontal bars in groups as inline SVG, all on one scale. Bars begin at 0, on a logarithmic scale at the axis.
struct BarChart {
  std::string title;
  parsae_examples::ChartAxis::Settings axis;
  std::vector<BarLegend> legend;
  std::vector<BarGroup> groups;
  int width = 1120;

  [[nodiscard]] std::string svg() const;
};

namespace detail {

class BarDrawing {
 public:
  explicit BarDrawing(const BarChart& chart) : chart_(chart), axis_(chart.axis), is_linear_(axis_.can_show(0)) {
    if (is_linear_) axis_.include(0);
    for (const BarGroup& group : chart.groups) {
      include(group.mark);
      for (const Bar& bar : group.bars) {
        for (const double value : {bar.value(), bar.high}) include(value);  // one slow step must not stretch the axis
        left_ = std::max(left_, 18 + text_width(bar.name));
        right_ = std::max(right_, 12 + text_width(bar.label));
      }
    }
    top_ = chart.legend.empty() ? 28 : 50;
    bottom_ = top_;
    for (const BarGroup& group : chart.groups)
      bottom_ += group_gap + title_height(group) + pitch * static_cast<double>(group.bars.size());
  }

  [[nodiscard]] std::string text() {
    const double height = bottom_ + 44;
    svg_ = "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + std::to_string(chart_.width) + " " + px(height) +
           "\" width=\"" + std::to_string(chart_.width) + "\" height=\"" + px(height) +
           "\" font-family=\"system-ui,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"12\" fill=\"#333\">";
    svg_ += "<title>" + parsae_examples::escape_markup(chart_.title) + "</title>";
    words(0, 14, chart_.title, "font-size=\"14\" font-weight=\"600\" fill=\"#111\"");
    legend();
    grid();
    double y = top_;
    for (const BarGroup& group : chart_.groups) y = draw(group, y + group_gap);
    words((left_ + right_edge()) / 2, bottom_ + 38, axis_.title(), "text-anchor=\"middle\" fill=\"#555\"");
    return svg_ + "</svg>";
  }

 private:
  static constexpr double pitch = 19;
  static constexpr double thickness = 13;
  static constexpr double group_gap = 8;

  [[nodiscard]] static std::string px(double value) { return parsae_examples::fixed_text(value, 1); }
  /// A generous guess for 12 px type: a page cannot be asked before it is drawn.
  [[nodiscard]] static double text_width(const std::string& text) { return 6.4 * static_cast<double>(text.size()); }
  [[nodiscard]] static double title_height(const BarGroup& group) { return group.title.empty() ? 0 : 20; }
  [[nodiscard]] double right_edge() const { return chart_.width - right_; }
  [[nodiscard]] double place(double value) const { return left_ + axis_.place(value) * (right_edge() - left_); }
  [[nodiscard]] double start() const { return is_linear_ ? place(0) : left_; }

  void include(double value) {
    if (axis_.can_show(value)) axis_.include(value);
  }

  void words(double x, double y, const std::string& text, const std::string& attributes) {
    svg_ += "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" " + attributes + ">" + parsae_examples::escape_markup(text) +
            "</text>";
  }

  void line(double x0, double y0, double x1, double y1, const std::string& attributes) {
    svg_ += "<line x1=\"" + px(x0) + "\" y1=\"" + px(y0) + "\" x2=\"" + px(x1) + "\" y2=\"" + px(y1) + "\" " +
            attributes + "/>";
  }

  void box(double x0, double x1, double y, const std::string& color, const std::string& tooltip) {
    svg_ += "<rect x=\"" + px(x0) + "\" y=\"" + px(y) + "\" width=\"" + px(std::max(x1 - x0, 0.0)) + "\" height=\"" +
            px(thickness) + "\" fill=\"" + color + "\"><title>" + parsae_examples::escape_markup(tooltip) +
            "</title></rect>";
  }

  void legend() {
    double x = left_;
    for (const BarLegend& entry : chart_.legend) {
      box(x, x + 12, 26, entry.color, entry.name);
      words(x + 17, 37, entry.name, "");
      x += 17 + text_width(entry.name) + 12;
    }
  }

  void grid() {
    for (const double tick : axis_.ticks()) {
      if (is_linear_ && tick < 0) continue;
      line(place(tick), top_, place(tick), bottom_, "stroke=\"#e8e8e8\"");
      words(place(tick), bottom_ + 17, parsae_examples::ChartAxis::label(tick == 0 ? 0 : tick),
            "text-anchor=\"middle\"");
    }
    line(start(), top_, start(), bottom_, "stroke=\"#888\"");
  }

  /// Returns where the next group begins.
  [[nodiscard]] double draw(const BarGroup& group, double y) {
    if (!group.title.empty()) words(0, y + 13, group.title, "font-weight=\"600\" fill=\"#111\"");
    y += title_height(group);
    const double first = y;
    for (const Bar& bar : group.bars) {
      draw(bar, y);
      y += pitch;
    }
    if (axis_.can_show(group.mark))
      line(place(group.mark), first - 3, place(group.mark), y,
           "stroke=\"#111\" stroke-dasharray=\"4 3\" stroke-width=\"1.4\"");
    return y;
  }

  void draw(const Bar& bar, double y) {
    words(left_ - 8, y + 11, bar.name, "text-anchor=\"end\"");
    double sum = 0;
    double end = start();
    for (const BarPart& part : bar.parts) {
      if (!axis_.can_show(sum + part.value)) continue;
      sum += part.value;
      box(end, place(sum), y, part.color, part.tooltip);
      end = place(sum);
    }
    if (axis_.can_show(bar.low) && axis_.can_show(bar.high)) {
      line(std::max(place(bar.low), start()), y + thickness / 2, place(bar.high), y + thickness / 2,
           "stroke=\"#111\" stroke-width=\"1.2\"");
      end = std::max(end, place(bar.high));
    }
    words(end + 6, y + 11, bar.label, "fill=\"#333\"");
  }

  const BarChart& chart_;
  parsae_examples::ChartAxis axis_;
  bool is_linear_;
  std::string svg_;
  double left_ = 60;
  double right_ = 16;
  double top_ = 28;
  double bottom_ = 0;
};

}  // namespace detail

inline std::string BarChart::svg() const { return detail::BarDrawing(*this).text(); }

}  // namespace parsae_benchmarks
