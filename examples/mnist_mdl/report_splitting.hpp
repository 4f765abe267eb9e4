// SPDX-License-Identifier: MIT
#pragma once

#include <support/svg_chart.hpp>

#include <string>
#include <vector>

#include "splitting.hpp"

namespace parsae_examples::detail {

[[nodiscard]] inline std::string splitting_chart(Splitting which, const std::string& title) {
  SvgChart chart;
  chart.title = title;
  chart.width = 390;
  chart.height = 300;
  chart.x_axis = {"kinds of each attribute", ChartAxis::Scale::Log2};
  chart.y_axis = {"bits a sample", ChartAxis::Scale::Log10};
  ChartSeries kinds{.name = "a latent a kind", .color = series_color(0), .points = {}};
  ChartSeries pairs{.name = "split into pairs", .color = series_color(1), .marker = Marker::Square, .points = {}};
  for (const SplittingRow& row : splitting_rows(which)) {
    const double m = static_cast<double>(row.kinds);
    const std::string start = std::to_string(row.kinds) + " kinds: ";
    kinds.points.push_back({m, row.bits_compositional, start + short_text(row.bits_compositional) + " bits"});
    pairs.points.push_back({m, row.bits_split, start + short_text(row.bits_split) + " bits"});
  }
  chart.series = {kinds, pairs};
  return chart.svg();
}

[[nodiscard]] inline std::string splitting_section() {
  const SplittingSettings settings;
  return "<h2>Do bits penalize feature splitting?</h2><p>In two cases. A sample has two independent attributes; it is "
         "explained by a latent for each of its two kinds, or by latents for pairs of kinds. Computed, not trained; "
         "both codes reconstruct every sample exactly. With fixed magnitudes and a free dictionary the split code is "
         "the shorter one. It is the longer one where " +
         grouped(static_cast<std::int64_t>(settings.n_samples)) + " samples pay for the dictionary of pairs (" +
         fixed_text(settings.bits_per_weight, 0) + " bits a weight), from " +
         "some number of kinds on, and where the two magnitudes vary independently (" +
         fixed_text(settings.n_magnitudes, 0) +
         " each), so that every pair needs a latent for each of its two magnitudes.</p><div class=\"three\">" +
         splitting_chart(Splitting::FixedMagnitudes, "Neither: fixed magnitudes, codes alone") +
         splitting_chart(Splitting::FixedWithDictionary, "The dictionary counts") +
         splitting_chart(Splitting::IndependentMagnitudes, "Magnitudes vary independently") + "</div>";
}

}  // namespace parsae_examples::detail
