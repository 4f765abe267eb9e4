// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "arm.hpp"
#include "network_shape.hpp"

namespace parsae_experts {

/// Orange for units that refused images use more, blue for those that they use less, white for no difference.
[[nodiscard]] inline std::string contrast_color(double value, double largest) {
  const double level = largest > 0 ? std::clamp(value / largest, -1.0, 1.0) : 0;
  const double size = std::sqrt(std::abs(level));  // small differences stay visible
  const auto mixed = [size](int end) {
    return std::to_string(static_cast<int>(std::lround(255 + size * (end - 255))));
  };
  return level < 0 ? "rgb(" + mixed(8) + "," + mixed(81) + "," + mixed(156) + ")"
                   : "rgb(" + mixed(200) + "," + mixed(82) + "," + mixed(0) + ")";
}

/// Layers as rows, experts as columns; the `n_ringed` largest are ringed.
[[nodiscard]] inline std::string heatmap_svg(const ContrastMap& map, const parsae::UnitGrid& grid, Index n_ringed) {
  using parsae_examples::fixed_text;
  if (static_cast<Index>(map.values.size()) != grid.n_units())
    parsae::reject("contrast map", std::to_string(grid.n_units()) + " values", static_cast<Index>(map.values.size()));
  constexpr double cell = 16;
  constexpr double left = 62;
  std::vector<double> sorted = map.values;
  std::sort(sorted.rbegin(), sorted.rend());
  double largest = 0;
  for (const double value : map.values) largest = std::max(largest, std::abs(value));
  const double ringed = sorted[static_cast<std::size_t>(std::min<Index>(n_ringed, grid.n_units()) - 1)];
  const double width = left + cell * static_cast<double>(grid.per_layer) + 8;
  const double height = cell * static_cast<double>(grid.n_layers) + 8;
  std::string svg = "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + fixed_text(width, 0) + " " +
                    fixed_text(height, 0) + "\" width=\"" + fixed_text(width, 0) + "\" height=\"" +
                    fixed_text(height, 0) + "\" font-family=\"system-ui,sans-serif\" font-size=\"11\" fill=\"#555\">";
  std::string rings;
  for (Index unit = 0; unit < grid.n_units(); ++unit) {
    const double value = map.values[static_cast<std::size_t>(unit)];
    const std::string place = "x=\"" + fixed_text(left + cell * static_cast<double>(grid.place_of(unit)), 0) +
                              "\" y=\"" + fixed_text(4 + cell * static_cast<double>(grid.layer_of(unit)), 0) +
                              "\" width=\"15\" height=\"15\"";
    const std::string title = "<title>layer " + std::to_string(grid.layer_of(unit) + 1) + ", expert " +
                              std::to_string(grid.place_of(unit)) + ": " + fixed_text(value, 3) + "</title></rect>";
    svg += "<rect " + place + " fill=\"" + contrast_color(value, largest) + "\" stroke=\"#eee\">" + title;
    if (value >= ringed) rings += "<rect " + place + " fill=\"none\" stroke=\"#111\" stroke-width=\"2\">" + title;
  }
  for (Index layer = 0; layer < grid.n_layers; ++layer)
    svg += "<text x=\"" + fixed_text(left - 6, 0) + "\" y=\"" +
           fixed_text(4 + cell * (static_cast<double>(layer) + 0.75), 1) + "\" text-anchor=\"end\">layer " +
           std::to_string(layer + 1) + "</text>";
  return svg + rings + "</svg>";
}

}  // namespace parsae_experts
