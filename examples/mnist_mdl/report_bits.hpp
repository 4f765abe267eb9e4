// SPDX-License-Identifier: MIT
#pragma once

#include <support/svg_chart.hpp>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "bit_results.hpp"
#include "results.hpp"

namespace parsae_examples::detail {

/// Means over the seeds of one eps.
struct BitMeans {
  Index n = 0;
  double counted = 0;  ///< as the sweep counts
  double computed = 0;
  double file = 0;
  double ratio_of_file = 0;
  double best_of_sweep = 0;
  double ratio_to_sweep = 0;
};

/// By eps; rows that keep no bound are left out.
[[nodiscard]] inline std::map<double, BitMeans> bit_means(const std::vector<MdlRow>& rows) {
  std::map<double, BitMeans> means;
  for (const MdlRow& row : rows) {
    if (!row.row.feasible) continue;
    BitMeans& mean = means[row.eps];
    const double share = 1 / static_cast<double>(++mean.n);
    const auto average = [share](double& value, double next) { value += (next - value) * share; };
    average(mean.counted, row.row.bits_total);
    average(mean.computed, row.message.bits_computed());
    average(mean.file, row.message.bits_file());
    average(mean.ratio_of_file, row.ratio_of_file());
    average(mean.best_of_sweep, row.best_of_sweep_bits);
    average(mean.ratio_to_sweep, row.ratio_to_sweep());
  }
  return means;
}

[[nodiscard]] inline std::string bit_sentence(double eps, const BitMeans& mean) {
  return "eps " + eps_text(eps) + ": trained on bits " + fixed_text(mean.counted, 1) + " bits an image, " +
         fixed_text(mean.ratio_to_sweep, 2) + " times the best of the sweep (" + fixed_text(mean.best_of_sweep, 1) +
         "); as a file " + fixed_text(mean.file, 1) + " bits where " + fixed_text(mean.computed, 1) +
         " were computed (mean of " + std::to_string(mean.n) + (mean.n == 1 ? " seed)" : " seeds)");
}

[[nodiscard]] inline std::string bit_table(const std::vector<MdlRow>& rows) {
  std::string html =
      "<table class=\"numbers\"><thead><tr><th>FVU \xE2\x89\xA4</th><th>seed</th><th>latents</th><th>L0</th>"
      "<th>FVU<br><small>codes not rounded</small></th><th>bits, counted<br>as in the sweep</th>"
      "<th>best of<br>the sweep</th><th>ratio</th><th>bits computed<br>for the file</th>"
      "<th>bits of<br>the file</th><th>header<br>and index</th><th>file without<br>them / computed</th>"
      "<th>tree in<br>the file</th></tr></thead><tbody>";
  for (const MdlRow& row : rows) {
    html += "<tr><td>" + eps_text(row.eps) + "</td><td>" + std::to_string(row.row.seed) + "</td>";
    if (!row.row.feasible) {
      html += "<td colspan=\"11\" class=\"words\">no width keeps this bound</td></tr>";
      continue;
    }
    html += "<td>" + std::to_string(row.row.width) + "</td><td>" + fixed_text(row.row.l0, 1) + "</td><td>" +
            fixed_text(row.row.fvu, 3) + "</td><td><b>" + fixed_text(row.row.bits_total, 2) + "</b></td><td>" +
            fixed_text(row.best_of_sweep_bits, 2) + "</td><td><b>" + fixed_text(row.ratio_to_sweep(), 3) +
            "</b></td><td>" + fixed_text(row.message.bits_computed(), 2) + "</td><td><b>" +
            fixed_text(row.message.bits_file(), 2) + "</b></td><td>" + fixed_text(row.message.bits_header(), 2) +
            "</td><td>" + fixed_text(row.ratio_of_file(), 4) + "</td><td>" +
            (row.message.size.has_forest ? "yes" : "no") + "</td></tr>";
  }
  return html + "</tbody></table>";
}

/// Where the chart ends: what leaves more has little to do with the image.
inline constexpr double most_fvu = 0.7;

/// Bits against FVU, everything on one chart.
[[nodiscard]] inline std::string rate_distortion_chart(const Results& results, const BitResults& bits) {
  SvgChart chart;
  chart.title = "Rate and distortion";
  chart.width = 1120;
  chart.height = 560;
  chart.x_axis = {"FVU of what a receiver has: the bound for SAEs, measured for the others and for files",
                  ChartAxis::Scale::Linear};
  chart.y_axis = {"bits an image", ChartAxis::Scale::Log10};
  const auto add = [&](ChartSeries series) {
    series.color = series_color(chart.series.size());
    chart.series.push_back(std::move(series));
  };
  ChartSeries trained{.name = "JumpReLU on bits", .color = "", .line_width = 3, .points = {}};
  for (const auto& [eps, mean] : bit_means(bits.rows))
    trained.points.push_back({eps, mean.counted, bit_sentence(eps, mean)});
  add(trained);
  ChartSeries sweep{.name = "best of the sweep", .color = "", .marker = Marker::Square, .points = {}};
  for (const Minimum& minimum : results.minimum) {
    const double best = best_of_sweep(results.grid, minimum.eps);
    sweep.points.push_back({minimum.eps, best, sentence(minimum)});
  }
  add(sweep);
  const std::array<Marker, 4> markers{Marker::Diamond, Marker::Triangle, Marker::Diamond, Marker::Triangle};
  for (std::size_t c = 0; c < bits.references.size(); ++c) {
    const bool is_dense = bits.references[c].points.size() > 20;
    ChartSeries reference{
        .name = bits.references[c].name, .color = "", .marker = is_dense ? Marker::None : markers[c % 4], .points = {}};
    for (const RatePoint& point : bits.references[c].points)
      if (point.fvu <= most_fvu)
        reference.points.push_back(
            {point.fvu, point.bits,
             point.note + ": FVU " + fixed_text(point.fvu, 3) + ", " + short_text(point.bits) + " bits an image"});
    add(reference);
  }
  ChartSeries hierarchies{
      .name = "hierarchies", .color = "#777777", .marker = Marker::Square, .line_width = 0, .points = {}};
  for (const HierarchyRow& row : bits.hierarchy)
    if (row.row.feasible && row.method != "TopK")
      hierarchies.points.push_back(
          {row.row.eps, row.row.bits_total, row.method + ": " + short_text(row.row.bits_total) + " bits an image"});
  chart.series.push_back(hierarchies);
  ChartSeries files{.name = "real files", .color = "#000000", .marker = Marker::Cross, .line_width = 0, .points = {}};
  for (const MdlRow& row : bits.rows)
    if (row.row.feasible)
      files.points.push_back({row.message.fvu, row.message.bits_file(),
                              "a file of " + grouped(row.message.size.bytes.total()) + " bytes for " +
                                  grouped(row.message.size.n_samples) + " images, FVU " +
                                  fixed_text(row.message.fvu, 3) + " as read back"});
  chart.series.push_back(files);
  return chart.svg();
}

[[nodiscard]] inline std::string bits_section(const Results& results, const BitResults& bits) {
  if (bits.empty()) return "";
  std::string html =
      "<h2>Trained on bits, without a sweep</h2><p>JumpReLU on the bits of its code. The precision eps is the only "
      "setting to choose: while it trains, the price of a bit is steered until held-out digits are reconstructed "
      "within eps, and "
      "the number of latents doubles until dictionary + codes take more bits than before; where the test images then "
      "miss "
      "eps it is trained again with a lower target, and widths are compared, as in the sweep, on test images. The "
      "sweep trains an SAE for "
      "every width and k; both sides are counted alike.</p><ul class=\"sentences\">";
  for (const auto& [eps, mean] : bit_means(bits.rows))
    html += "<li>" + escape_markup(bit_sentence(eps, mean)) + "</li>";
  html += "</ul>" + rate_distortion_chart(results, bits) + bit_table(bits.rows);
  return html +
         "<p class=\"quiet\">The file holds all training images: rounded dictionary, probabilities, codes. It was read "
         "back, and its codes were equal bit for bit. Counted as in the sweep: test images, entropies, independent "
         "latents, nothing for the probabilities. Computed for the file: its own images, with its probabilities, and "
         "with the tree over latents where the message is shorter with it.</p>";
}

}  // namespace parsae_examples::detail
