// SPDX-License-Identifier: MIT
#pragma once

#include <support/png.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "report_charts.hpp"

namespace parsae_examples::multilayer::detail {

/// White for 0, dark blue for 1.
inline void paint_share(std::uint8_t* pixel, double share) {
  static constexpr std::array<double, 3> full{8, 48, 107};
  const double strength = std::pow(std::clamp(share, 0.0, 1.0), 0.7);  // lifts the small shares off the white
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>(std::lround(255 + strength * (full[c] - 255)));
}

/// A column of pixels a latent with mass, ascending in mean layer; a row of pixels a layer, the first at the top.
[[nodiscard]] inline Image heatmap_image(const parsae::Matrix<double>& masses) {
  std::vector<std::pair<double, Index>> order;
  for (Index j = 0; j < masses.cols(); ++j) {
    const double mass = masses.col(j).sum();
    if (!(mass > 0)) continue;
    double moment = 0;
    for (Index l = 0; l < masses.rows(); ++l) moment += static_cast<double>(l) * masses(l, j);
    order.emplace_back(moment / mass, j);
  }
  std::sort(order.begin(), order.end());
  Image image(std::max(static_cast<int>(order.size()), 1), static_cast<int>(masses.rows()), 3);
  for (std::size_t at = 0; at < order.size(); ++at) {
    const Index j = order[at].second;
    for (Index l = 0; l < masses.rows(); ++l)
      paint_share(image.at(static_cast<int>(at), static_cast<int>(l)), masses(l, j) / masses.col(j).sum());
  }
  return image;
}

[[nodiscard]] inline std::string heatmap(const std::string& caption, const parsae::Matrix<double>& masses) {
  const Image image = heatmap_image(masses);
  std::string rows;
  for (Index l = 0; l < masses.rows(); ++l) rows += "<span>" + std::to_string(l) + "</span>";
  return "<figure class=\"heatmap\"><figcaption>" + caption + "</figcaption><div class=\"map\"><div class=\"rows\">" +
         rows + "</div><img style=\"height:" + std::to_string(22 * masses.rows()) +
         "px\" alt=\"shares of layers\" src=\"" + png_data_uri(image) + "\"></div></figure>";
}

/// What separate SAEs would look like: every latent at the one layer whose SAE it is of.
[[nodiscard]] inline parsae::Matrix<double> one_layer_each(Index n_layers, Index n_latents) {
  parsae::Matrix<double> masses = parsae::Matrix<double>::Zero(n_layers, n_latents);
  for (Index j = 0; j < n_latents; ++j) masses(j * n_layers / n_latents, j) = 1;
  return masses;
}

[[nodiscard]] inline std::string variance_bars(const LayerAnalysis& analysis) {
  const double widest = std::max({analysis.permuted.aggregated, analysis.variance.aggregated, 1e-9});
  const auto row = [&](const std::string& name, double value, const std::string& mark) {
    return "<tr><th>" + name + "</th><td>" + fixed_text(value, 3) + "</td><td class=\"bar\"><div class=\"" + mark +
           "\" style=\"width:" + fixed_text(100 * value / widest, 1) + "%\"></div></td></tr>";
  };
  return "<table class=\"bars\"><caption>Variance of a latent's layer, in squared layers</caption><tbody>" +
         row("in a single token", analysis.variance.token, "seen") +
         row("in a single token, labels permuted", analysis.permuted.token, "control") +
         row("over all tokens", analysis.variance.aggregated, "seen") +
         row("over all tokens, labels permuted", analysis.permuted.aggregated, "control") +
         row("separate SAEs, both", 0, "control") + "</tbody></table>";
}

[[nodiscard]] inline std::string comparison_table(const MultiLayerResult& multilayer) {
  std::string html =
      "<table><caption>One SAE for all layers, and one for each with as many latents in all, at the same L0</caption>"
      "<thead><tr><th>layer</th><th>FVU<br>one for all</th><th>FVU<br>separate</th><th>nats added<br>one for all</th>"
      "<th>nats added<br>separate</th><th>loss recovered<br>one for all</th><th>loss recovered<br>separate</th>"
      "<th>cosine of the stream<br>with the next layer's</th><th>nearest latent of the<br>next layer's separate "
      "SAE</th></tr></thead><tbody>";
  for (std::size_t i = 0; i < multilayer.rows.size(); ++i) {
    const LayerRow& all = multilayer.rows[i];
    const LayerRow none;
    const LayerRow& one = i < multilayer.separate.size() ? multilayer.separate[i] : none;
    const auto at = [&](const std::vector<double>& values) {
      return i < values.size() ? fixed_text(values[i], 3) : std::string();
    };
    html += "<tr><th>" + std::to_string(all.layer) + "</th><td>" + fixed_text(all.fvu, 4) + "</td><td>" +
            fixed_text(one.fvu, 4) + "</td><td>" + fixed_text(all.delta_ce, 3) + "</td><td>" +
            fixed_text(one.delta_ce, 3) + "</td><td>" + fixed_text(all.loss_recovered, 3) + "</td><td>" +
            fixed_text(one.loss_recovered, 3) + "</td><td>" + at(multilayer.analysis.neighbor_cosines) + "</td><td>" +
            at(multilayer.twin_cosines) + "</td></tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string layers_section(const MultiLayerResult& multilayer) {
  if (!multilayer.is_known()) return "";
  const LayerAnalysis& analysis = multilayer.analysis;
  const std::string latents = grouped(multilayer.n_latents);
  std::string html =
      "<h2>One dictionary for all layers</h2><p>A TopK SAE with " + latents +
      " latents, k = " + ChartAxis::label(multilayer.l0) +
      ", on all layers of every token (Lawson et al., arXiv 2409.04185). P(layer | latent) is weighted by the latent's "
      "values. A column is a latent, in the order of its mean layer; dark is much. Controls: the labels of each "
      "token's layers in random order, which keeps what a token's layers share and forgets which is which; and "
      "separate SAEs, whose latents are at one layer because nobody asked them at another.</p>";
  html += heatmap("<b>P(layer | latent)</b>, " + grouped(static_cast<Index>(mean_layers_of(analysis.masses).size())) +
                      " latents active on held-out text",
                  analysis.masses);
  html += heatmap("<b>Control:</b> layer labels permuted within each token", analysis.permuted_masses);
  html += heatmap("<b>Control:</b> separate SAEs, by construction",
                  one_layer_each(analysis.n_layers(), multilayer.n_latents));
  html += "<div class=\"pair\">" + mean_layer_chart(analysis) + "<div>" + variance_bars(analysis) + "<p>" +
          fixed_text(100 * analysis.variance.r_token(), 0) +
          " % of a latent's variance over layers is there in a single token. A latent is at " +
          fixed_text(analysis.mean_effective_layers(), 2) + " of " + std::to_string(analysis.n_layers()) +
          " layers effectively (exp of the entropy, weighted by mass).</p></div></div>";
  return html + "<div class=\"pair\">" + cosine_chart(analysis) + "<div><p>Mean cosine of a latent with its nearest " +
         "other one: " + fixed_text(analysis.mean_max_cosine, 2) +
         "; latents silent on held-out text: " + fixed_text(100 * analysis.dead_fraction, 1) + " %.</p></div></div>" +
         comparison_table(multilayer);
}

}  // namespace parsae_examples::multilayer::detail
