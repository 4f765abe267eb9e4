// SPDX-License-Identifier: MIT
#pragma once

#include <support/chart_axis.hpp>
#include <support/markup.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace parsae_examples {

/// The Okabe-Ito colors, told apart with every kind of color vision; for series without an order.
[[nodiscard]] inline std::string series_color(std::size_t i) {
  static constexpr std::array<const char*, 7> colors{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#e69f00", "#56b4e9", "#000000"};
  return colors[i % colors.size()];
}

/// Color `i` of `n` from dark violet to orange, its lightness rising steadily; for series with an order.
[[nodiscard]] inline std::string ordered_color(std::size_t i, std::size_t n) {
  static constexpr std::array<std::array<double, 3>, 5> stops{
      {{34, 12, 112}, {106, 20, 158}, {177, 48, 140}, {224, 98, 88}, {247, 166, 48}}};
  const double at = n > 1 ? static_cast<double>(i) / static_cast<double>(n - 1) * (stops.size() - 1) : 0;
  const std::size_t left = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const double part = at - static_cast<double>(left);
  std::string text = "#";
  for (std::size_t c = 0; c < 3; ++c) {
    const double level = (1 - part) * stops[left][c] + part * stops[left + 1][c];
    static constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned>(std::lround(level));
    text += digits[byte >> 4];
    text += digits[byte & 15U];
  }
  return text;
}

enum class Marker { None, Circle, Square, Triangle, Diamond, Cross };

struct ChartPoint {
  double x = 0;
  double y = 0;
  std::string tooltip;
};

/// Points that the axes cannot show (NaN, or up to 0 on a logarithmic axis) leave a gap in the line.
struct ChartSeries {
  std::string name;  ///< in the legend; empty: not there
  std::string color;
  Marker marker = Marker::Circle;
  double line_width = 1.6;  ///< 0: markers alone
  std::vector<ChartPoint> points;
};

/// A ringed point with words beside it.
struct ChartCallout {
  double x = 0;
  double y = 0;
  std::string text;
};

/// A dashed horizontal line, named in the right margin.
struct ChartLevel {
  double y = 0;
  std::string text;
};

/// A line chart as inline SVG; later series lie above earlier ones. Tooltips need no script: they are <title> elements.
struct SvgChart {
  std::string title;
  std::string legend_title;
  ChartAxis::Settings x_axis;
  ChartAxis::Settings y_axis;
  int width = 600;
  int height = 400;
  std::vector<ChartSeries> series;
  std::vector<ChartCallout> callouts;
  std::vector<ChartLevel> levels;
  std::vector<double> y_range;  ///< values the y axis has to reach besides, so that two charts can be compared

  [[nodiscard]] std::string svg() const;
};

namespace detail {

[[nodiscard]] inline std::string marker_svg(Marker marker, double x, double y, const std::string& color,
                                            const std::string& tooltip) {
  if (marker == Marker::None) return "";
  const auto point = [&](double dx, double dy) { return fixed_text(x + dx, 1) + "," + fixed_text(y + dy, 1); };
  const std::string inside = tooltip.empty() ? "" : "<title>" + escape_markup(tooltip) + "</title>";
  const std::string paint = " fill=\"" + color + "\" stroke=\"#fff\" stroke-width=\"0.8\">" + inside;
  if (marker == Marker::Circle)
    return "<circle cx=\"" + fixed_text(x, 1) + "\" cy=\"" + fixed_text(y, 1) + "\" r=\"3.6\"" + paint + "</circle>";
  std::vector<std::pair<double, double>> corners;
  if (marker == Marker::Square) corners = {{-3.2, -3.2}, {3.2, -3.2}, {3.2, 3.2}, {-3.2, 3.2}};
  if (marker == Marker::Triangle) corners = {{0, -4.4}, {4.2, 3.2}, {-4.2, 3.2}};
  if (marker == Marker::Diamond) corners = {{0, -4.8}, {4.2, 0}, {0, 4.8}, {-4.2, 0}};
  if (marker == Marker::Cross)
    corners = {{-4, -1.3}, {-1.3, -1.3}, {-1.3, -4}, {1.3, -4}, {1.3, -1.3}, {4, -1.3},
               {4, 1.3},   {1.3, 1.3},   {1.3, 4},   {-1.3, 4}, {-1.3, 1.3}, {-4, 1.3}};
  std::string path;
  for (const auto& [dx, dy] : corners) path += (path.empty() ? "" : " ") + point(dx, dy);
  return "<polygon points=\"" + path + "\"" + paint + "</polygon>";
}

/// Lays one chart out: sizes of the margins first, then every layer from the grid up.
class ChartDrawing {
 public:
  explicit ChartDrawing(const SvgChart& chart) : chart_(chart), x_(chart.x_axis), y_(chart.y_axis) {
    for (const ChartSeries& series : chart.series) {
      for (const ChartPoint& point : series.points) {
        if (!shows(point.x, point.y)) continue;
        x_.include(point.x);
        y_.include(point.y);
      }
    }
    for (const ChartLevel& level : chart.levels) {
      if (!y_.can_show(level.y)) continue;
      y_.include(level.y);
      right_ = std::max(right_, 14 + text_width(level.text));
    }
    for (const double y : chart.y_range)
      if (y_.can_show(y)) y_.include(y);
    const bool has_legend = std::any_of(chart.series.begin(), chart.series.end(),
                                        [](const ChartSeries& series) { return !series.name.empty(); });
    top_ = has_legend ? 58 : 36;
  }

  [[nodiscard]] std::string text() {
    svg_ = "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + std::to_string(chart_.width) + " " +
           std::to_string(chart_.height) + "\" width=\"" + std::to_string(chart_.width) + "\" height=\"" +
           std::to_string(chart_.height) +
           "\" font-family=\"system-ui,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"12\" fill=\"#333\">";
    svg_ += "<title>" + escape_markup(chart_.title) + "</title>";
    words(left_, 16, chart_.title, "font-size=\"14\" font-weight=\"600\" fill=\"#111\"");
    legend();
    grid();
    levels();
    for (const ChartSeries& series : chart_.series) draw(series);
    for (const ChartCallout& callout : chart_.callouts) draw(callout);
    return svg_ + "</svg>";
  }

 private:
  [[nodiscard]] bool shows(double x, double y) const { return x_.can_show(x) && y_.can_show(y); }
  [[nodiscard]] double right_edge() const { return chart_.width - right_; }
  [[nodiscard]] double bottom_edge() const { return chart_.height - 46; }
  [[nodiscard]] double pixel_x(double x) const { return left_ + x_.place(x) * (right_edge() - left_); }
  /// Words stand under their point: callouts lift the lowest values off the axis by a line of type.
  [[nodiscard]] double pixel_y(double y) const {
    const double lowest = bottom_edge() - (chart_.callouts.empty() ? 0 : 24);
    return lowest - y_.place(y) * (lowest - top_);
  }
  /// A generous guess for 12 px type: a page cannot be asked before it is drawn.
  [[nodiscard]] static double text_width(const std::string& text) { return 6.4 * static_cast<double>(text.size()); }

  void words(double x, double y, const std::string& text, const std::string& attributes) {
    svg_ += "<text x=\"" + fixed_text(x, 1) + "\" y=\"" + fixed_text(y, 1) + "\" " + attributes + ">" +
            escape_markup(text) + "</text>";
  }

  void line(double x0, double y0, double x1, double y1, const std::string& attributes) {
    svg_ += "<line x1=\"" + fixed_text(x0, 1) + "\" y1=\"" + fixed_text(y0, 1) + "\" x2=\"" + fixed_text(x1, 1) +
            "\" y2=\"" + fixed_text(y1, 1) + "\" " + attributes + "/>";
  }

  void legend() {
    double x = left_;
    if (!chart_.legend_title.empty()) {
      words(x, 38, chart_.legend_title, "fill=\"#666\"");
      x += text_width(chart_.legend_title) + 8;
    }
    for (const ChartSeries& series : chart_.series) {
      if (series.name.empty()) continue;
      if (series.line_width > 0)
        line(x, 34, x + 18, 34,
             "stroke=\"" + series.color + "\" stroke-width=\"" + fixed_text(series.line_width, 1) + "\"");
      svg_ += marker_svg(series.marker, x + 9, 34, series.color, "");
      words(x + 23, 38, series.name, "");
      x += 23 + text_width(series.name) + 10;
    }
  }

  void grid() {
    for (const double tick : x_.ticks()) {
      const double x = pixel_x(tick);
      line(x, top_, x, bottom_edge(), "stroke=\"#e8e8e8\"");
      words(x, bottom_edge() + 17, ChartAxis::label(tick), "text-anchor=\"middle\"");
    }
    for (const double tick : y_.ticks()) {
      const double y = pixel_y(tick);
      line(left_, y, right_edge(), y, "stroke=\"#e8e8e8\"");
      words(left_ - 7, y + 4, ChartAxis::label(tick), "text-anchor=\"end\"");
    }
    line(left_, bottom_edge(), right_edge(), bottom_edge(), "stroke=\"#888\"");
    line(left_, top_, left_, bottom_edge(), "stroke=\"#888\"");
    words((left_ + right_edge()) / 2, chart_.height - 10.0, x_.title(), "text-anchor=\"middle\" fill=\"#555\"");
    const double middle = (top_ + bottom_edge()) / 2;
    words(15, middle, y_.title(),
          "text-anchor=\"middle\" fill=\"#555\" transform=\"rotate(-90 15 " + fixed_text(middle, 1) + ")\"");
  }

  /// Names are moved apart downwards when their lines lie closer than a line of type.
  void levels() {
    std::vector<ChartLevel> sorted = chart_.levels;
    std::sort(sorted.begin(), sorted.end(), [](const ChartLevel& a, const ChartLevel& b) { return a.y > b.y; });
    double free_from = top_;
    for (const ChartLevel& level : sorted) {
      if (!y_.can_show(level.y)) continue;
      const double y = pixel_y(level.y);
      line(left_, y, right_edge(), y, "stroke=\"#777\" stroke-dasharray=\"5 4\"");
      const double label_y = std::max(y + 4, free_from);
      words(right_edge() + 6, label_y, level.text, "fill=\"#555\"");
      free_from = label_y + 14;
    }
  }

  void draw(const ChartSeries& series) {
    std::string path;
    std::string markers;
    bool pen_down = false;
    for (const ChartPoint& point : series.points) {
      if (!shows(point.x, point.y)) {
        pen_down = false;
        continue;
      }
      const double x = pixel_x(point.x);
      const double y = pixel_y(point.y);
      path += (pen_down ? "L" : "M") + fixed_text(x, 1) + " " + fixed_text(y, 1);
      pen_down = true;
      markers += marker_svg(series.marker, x, y, series.color, point.tooltip);
    }
    if (series.line_width > 0 && !path.empty())
      svg_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + series.color + "\" stroke-width=\"" +
              fixed_text(series.line_width, 1) + "\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>";
    svg_ += markers;
  }

  void draw(const ChartCallout& callout) {
    if (!shows(callout.x, callout.y)) return;
    const double x = pixel_x(callout.x);
    const double y = pixel_y(callout.y);
    svg_ += "<circle cx=\"" + fixed_text(x, 1) + "\" cy=\"" + fixed_text(y, 1) +
            "\" r=\"8\" fill=\"none\" stroke=\"#111\" stroke-width=\"1.8\"/>";
    const double half = text_width(callout.text) / 2;
    const double text_x = std::clamp(x, left_ + half + 10, std::max(left_ + half + 10, right_edge() - half));
    words(text_x, y + 25, callout.text,
          "text-anchor=\"middle\" font-weight=\"600\" fill=\"#111\" stroke=\"#fff\" stroke-width=\"4\" "
          "paint-order=\"stroke\"");
  }

  const SvgChart& chart_;
  ChartAxis x_;
  ChartAxis y_;
  std::string svg_;
  double left_ = 62;
  double right_ = 16;
  double top_ = 36;
};

}  // namespace detail

inline std::string SvgChart::svg() const { return detail::ChartDrawing(*this).text(); }

}  // namespace parsae_examples
