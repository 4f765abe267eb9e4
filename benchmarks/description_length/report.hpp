// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/markup.hpp>
#include <support/progress_bar.hpp>
#include <support/svg_chart.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tables.hpp"

namespace parsae_benchmarks::description_length {
namespace detail {

using parsae_examples::ChartAxis;
using parsae_examples::ChartSeries;
using parsae_examples::Marker;
using parsae_examples::SvgChart;

inline constexpr const char* page_style = R"(
th,td{white-space:nowrap}
th:nth-child(2),td:nth-child(2){text-align:left}
tr.shortest td{font-weight:600}
)";

/// Families in the order of their first rows.
[[nodiscard]] inline std::vector<std::string> families_of(const std::vector<EqualFvuRow>& rows) {
  std::vector<std::string> families;
  for (const EqualFvuRow& row : rows)
    if (std::find(families.begin(), families.end(), row.family) == families.end()) families.push_back(row.family);
  return families;
}

[[nodiscard]] inline std::string point_text(const PointRow& point, const Message& test) {
  using parsae_examples::fixed_text;
  return point.family + ": " + fixed_text(test.bits(), 1) + " bits (" + fixed_text(test.bits_presence, 1) +
         " presence, " + fixed_text(test.bits_value, 1) + " values) at FVU " + fixed_text(test.fvu, 4) + ", L0 " +
         fixed_text(test.l0, 1) + ", seed " + std::to_string(point.seed) + ", learning rate " +
         ChartAxis::label(point.learning_rate);
}

/// Where rows come from: which of the allowed rises one of them has that was made at this point's rate; past the last
/// where there is none.
[[nodiscard]] inline std::size_t chosen_rise(const PointRow& point, const std::vector<EqualFvuRow>& rows) {
  for (const EqualFvuRow& row : rows)
    if (row.family == point.family && row.learning_rate == point.learning_rate)
      return static_cast<std::size_t>(std::find(allowed_rises.begin(), allowed_rises.end(), row.allowed_rise) -
                                      allowed_rises.begin());
  return allowed_rises.size();
}

/// The compared bits as lines with bars, and every operating point at a chosen rate as a small mark.
[[nodiscard]] inline std::string rate_distortion_chart(const Results& results) {
  SvgChart chart;
  chart.title = "Bits against error";
  chart.x_axis = {"FVU of what the receiver decodes, held-out samples", ChartAxis::Scale::Log10};
  chart.y_axis = {"bits a sample", ChartAxis::Scale::Linear};
  chart.width = 1120;
  chart.height = 560;
  const std::vector<std::string> families = families_of(results.rows);
  for (std::size_t f = 0; f < families.size(); ++f) {
    const std::string color = parsae_examples::series_color(f);
    ChartSeries marks{"", color, Marker::Cross, 0, {}};
    for (const PointRow& point : results.points) {
      const std::size_t rise = chosen_rise(point, results.rows);
      if (point.family != families[f] || rise == allowed_rises.size()) continue;
      const Message& test = point.trained.test[rise];
      if (std::isfinite(test.bits())) marks.points.push_back({test.fvu, test.bits(), point_text(point, test)});
    }
    ChartSeries line{families[f], color, Marker::Circle, 1.8, {}};
    for (const EqualFvuRow& row : results.rows) {
      if (row.family != families[f]) continue;
      const SeedSpread bits = row.bits();
      line.points.push_back({row.fvu, bits.mean,
                             row.family + ": " + parsae_examples::fixed_text(bits.mean, 2) + " bits at FVU " +
                                 ChartAxis::label(row.fvu)});
      if (!(bits.deviation > 0)) continue;
      ChartSeries bar{"", color, Marker::None, 1.2, {}};
      bar.points = {{row.fvu, bits.mean - bits.deviation, ""}, {row.fvu, bits.mean + bits.deviation, ""}};
      chart.series.push_back(bar);
    }
    chart.series.push_back(marks);
    chart.series.push_back(line);
  }
  return chart.svg();
}

[[nodiscard]] inline std::string table_html(const std::vector<EqualFvuRow>& rows) {
  using parsae_examples::escape_markup;
  std::string html = "<table><thead><tr>";
  for (const EqualFvuColumn& column : equal_fvu_columns()) html += "<th>" + escape_markup(column.title) + "</th>";
  html += "</tr></thead><tbody>";
  for (const EqualFvuRow& row : rows) {
    html += shortest(rows, row.fvu) == &row ? "<tr class=\"shortest\">" : "<tr>";
    for (const EqualFvuColumn& column : equal_fvu_columns()) html += "<td>" + escape_markup(column.cell(row)) + "</td>";
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string warnings(const Results& results) {
  std::string text;
  const auto warn = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
  if (!results.is_complete)
    warn("This run was interrupted: " + std::to_string(results.rows.size()) + " of " +
         std::to_string(results.n_planned_rows) + " rows are complete, and only those are here.");
  if (results.has_stored_rates && !results.rows.empty())
    warn("Learning rates were not searched: a first look and no comparison.");
  return text.empty() ? "" : "<p class=\"warning\">" + text + "</p>";
}

[[nodiscard]] inline std::string report_html(const Results& results) {
  using parsae_examples::escape_markup;
  const std::vector<double> targets = targets_of(results.rows);
  std::string html = warnings(results);
  if (!targets.empty()) {
    html += "<ul>";
    for (const double fvu : targets) html += "<li>" + escape_markup(verdict(results.rows, fvu)) + "</li>";
    html +=
        "</ul>" + rate_distortion_chart(results) +
        "<p>Lower is better. Lines: means over seeds at equal FVU, bars a standard deviation. Crosses: the operating "
        "points that were trained, at the learning rates that were chosen.</p><h2>Bits at equal FVU</h2>" +
        table_html(results.rows) +
        "<p>Codes are quantized with one bin width for all latents, the coarsest that raises the FVU of the "
        "validation samples by 2.5, 5, 10 or 20 % at most (rise, whichever needs the fewest bits), and each latent "
        "is entropy coded for itself: presence, then the bin of its value. The dictionary, which all samples share, "
        "is not counted. All figures are of held-out samples, interpolated between the two operating points around "
        "the FVU; parameter: the first seed's. ?: the learning rate is not bracketed.</p>";
  }
  html += "<h2>How this was made</h2>" + parsae_examples::settings_list(results.settings) + "<p><code>" +
          escape_markup(results.command) + "</code></p><p>Took " + parsae_examples::duration_text(results.seconds) +
          ".</p>";
  const std::string headline = targets.empty() ? "This run stopped before it had a result."
                                               : verdict(results.rows, targets[(targets.size() - 1) / 2]);
  const parsae_examples::HtmlPage page{.title = "Bits at equal error",
                                       .heading = "How many bits does a code take?",
                                       .headline = headline,
                                       .style = page_style,
                                       .body = html};
  return page.html();
}

}  // namespace detail

/// One page with everything inside: no script, no other file. Throws parsae::FileError when it cannot be written.
inline void write_report(const std::filesystem::path& path, const Results& results) {
  parsae_examples::write_whole_file(path, detail::report_html(results));
}

}  // namespace parsae_benchmarks::description_length
