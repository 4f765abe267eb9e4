// SPDX-License-Identifier: MIT
#pragma once

#include <support/chart_axis.hpp>
#include <support/markup.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace parsae_cli {

/// Bars of equal width as inline SVG, in the manner of SvgChart.
struct Histogram {
  std::string title;
  std::string x_title;
  double low = 0;   ///< the first bar begins here
  double high = 1;  ///< the last bar ends here; it holds `high` itself
  int n_bins = 40;
  int width = 590;
  int height = 260;
  std::vector<double> values{};  ///< outside of [low, high]: in the first or last bar; not finite: left out

  [[nodiscard]] std::vector<int> counts() const {
    std::vector<int> bins(static_cast<std::size_t>(n_bins), 0);
    for (const double value : values) {
      if (!std::isfinite(value)) continue;
      const double place = std::floor((value - low) / (high - low) * n_bins);
      ++bins[static_cast<std::size_t>(std::clamp(place, 0.0, n_bins - 1.0))];
    }
    return bins;
  }

  [[nodiscard]] std::string svg() const;
};

namespace detail {

class HistogramDrawing {
 public:
  explicit HistogramDrawing(const Histogram& chart) : chart_(chart), counts_(chart.counts()) {
    x_.include(chart.low);
    x_.include(chart.high);
    y_.include(0);
    y_.include(std::max(*std::max_element(counts_.begin(), counts_.end()), 1));
  }

  [[nodiscard]] std::string text() {
    const std::string size = std::to_string(chart_.width) + " " + std::to_string(chart_.height);
    svg_ = "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + size +
           "\" font-family=\"system-ui,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"12\" fill=\"#333\"><title>" +
           parsae_examples::escape_markup(chart_.title) + "</title>";
    words(left, 16, chart_.title, "font-size=\"14\" font-weight=\"600\" fill=\"#111\"");
    grid();
    bars();
    return svg_ + "</svg>";
  }

 private:
  static constexpr double left = 62;
  static constexpr double top = 36;

  [[nodiscard]] double right() const { return chart_.width - 16; }
  [[nodiscard]] double bottom() const { return chart_.height - 46; }
  [[nodiscard]] double pixel_x(double x) const { return left + x_.place(x) * (right() - left); }
  /// Bars stand on the axis: the margin that ChartAxis leaves below the lowest value is taken out.
  [[nodiscard]] double pixel_y(double y) const {
    return bottom() - (y_.place(y) - y_.place(0)) / (1 - y_.place(0)) * (bottom() - top);
  }

  void words(double x, double y, const std::string& text, const std::string& attributes) {
    svg_ += "<text x=\"" + parsae_examples::fixed_text(x, 1) + "\" y=\"" + parsae_examples::fixed_text(y, 1) + "\" " +
            attributes + ">" + parsae_examples::escape_markup(text) + "</text>";
  }
  void line(double x0, double y0, double x1, double y1, const char* color) {
    using parsae_examples::fixed_text;
    svg_ += "<line x1=\"" + fixed_text(x0, 1) + "\" y1=\"" + fixed_text(y0, 1) + "\" x2=\"" + fixed_text(x1, 1) +
            "\" y2=\"" + fixed_text(y1, 1) + "\" stroke=\"" + color + "\"/>";
  }

  void grid() {
    for (const double tick : x_.ticks()) {
      line(pixel_x(tick), bottom(), pixel_x(tick), bottom() + 4, "#888");
      words(pixel_x(tick), bottom() + 17, label(tick), "text-anchor=\"middle\"");
    }
    for (const double tick : y_.ticks()) {
      if (tick < 0 || tick != std::floor(tick)) continue;
      line(left, pixel_y(tick), right(), pixel_y(tick), "#e8e8e8");
      words(left - 7, pixel_y(tick) + 4, label(tick), "text-anchor=\"end\"");
    }
    words((left + right()) / 2, chart_.height - 10.0, chart_.x_title, "text-anchor=\"middle\" fill=\"#555\"");
    const std::string middle = parsae_examples::fixed_text((top + bottom()) / 2, 1);
    words(15, (top + bottom()) / 2, y_.title(),
          "text-anchor=\"middle\" fill=\"#555\" transform=\"rotate(-90 15 " + middle + ")\"");
  }

  /// A tick that is 0 but for rounding reads "0".
  [[nodiscard]] static std::string label(double tick) {
    return parsae_examples::ChartAxis::label(std::abs(tick) < 1e-12 ? 0 : tick);
  }

  void bars() {
    using parsae_examples::fixed_text;
    const double step = (chart_.high - chart_.low) / chart_.n_bins;
    for (std::size_t b = 0; b < counts_.size(); ++b) {
      if (counts_[b] == 0) continue;
      const double from = chart_.low + step * static_cast<double>(b);
      const double x = pixel_x(from);
      const double y = pixel_y(counts_[b]);
      svg_ += "<rect x=\"" + fixed_text(x, 1) + "\" y=\"" + fixed_text(y, 1) + "\" width=\"" +
              fixed_text(std::max(pixel_x(from + step) - x - 0.8, 0.5), 1) + "\" height=\"" +
              fixed_text(bottom() - y, 1) + "\" fill=\"#0072b2\"><title>" + label(from) + " to " + label(from + step) +
              ": " + std::to_string(counts_[b]) + "</title></rect>";
    }
    line(left, bottom(), right(), bottom(), "#888");
  }

  const Histogram& chart_;
  std::vector<int> counts_;
  parsae_examples::ChartAxis x_{{.title = ""}};
  parsae_examples::ChartAxis y_{{.title = "latents"}};
  std::string svg_;
};

}  // namespace detail

inline std::string Histogram::svg() const { return detail::HistogramDrawing(*this).text(); }

}  // namespace parsae_cli
