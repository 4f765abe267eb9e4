// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/markup.hpp>
#include <support/progress_bar.hpp>
#include <support/result_file.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "report_charts.hpp"
#include "report_style.hpp"
#include "text.hpp"

namespace parsae_cli {

struct ReportInput {
  std::string title;  ///< "topk, k = 32, 512 latents of 64 inputs"
  std::vector<CurvePoint> curve{};
  Findings findings;
  std::vector<std::pair<std::string, std::string>> settings{};
};

namespace detail {

using parsae_examples::escape_markup;
using parsae_examples::fixed_text;

/// Four digits, whatever the size.
[[nodiscard]] inline std::string digits_text(double value) {
  if (!std::isfinite(value)) return fixed_text(value, 0);
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

[[nodiscard]] inline std::string tile(const std::string& value, const std::string& name) {
  return "<div class=\"tile\"><b>" + escape_markup(value) + "</b><span>" + escape_markup(name) + "</span></div>";
}

[[nodiscard]] inline std::string headline(const Findings& findings) {
  const Figures& figures = findings.figures;
  return fixed_text(100 * (1 - figures.fvu), 1) + " % of the variance explained with " + fixed_text(figures.l0, 1) +
         " active latents a sample" + (findings.is_held_out ? ", on held-out samples." : ".");
}

/// What a reader should not overlook.
[[nodiscard]] inline std::string warnings(const Findings& findings) {
  std::string text;
  const auto warn = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
  const Figures& figures = findings.figures;
  if (figures.fvu > 1)
    warn("The reconstruction is worse than the mean sample: are these the activations that the SAE was trained on?");
  if (figures.dead_fraction > 0.2)
    warn(fixed_text(100 * figures.dead_fraction, 0) +
         " % of the latents are never active: fewer latents, a lower learning rate or a longer run may help.");
  Index twins = 0;
  for (const double cosine : findings.nearest_cosine) twins += cosine > 0.95;
  if (twins > 0) warn(grouped(twins) + " latents have a twin with a cosine above 0.95.");
  return text.empty() ? "" : "<p class=\"warning\">" + escape_markup(text) + "</p>";
}

[[nodiscard]] inline std::string figure_tiles(const Figures& figures) {
  return "<div class=\"tiles\">" + tile(digits_text(figures.fvu), "FVU") + tile(fixed_text(figures.l0, 2), "L0") +
         tile("\xC2\xB1 " + fixed_text(figures.l0_deviation, 2), "L0, over samples") +
         tile(fixed_text(100 * figures.dead_fraction, 1) + " %", "dead latents") +
         tile(digits_text(figures.mean_squared_error), "squared error a sample") +
         tile(fixed_text(figures.cosine, 4), "cosine with the input") +
         tile(fixed_text(figures.norm_ratio, 3), "norm against the input's") +
         tile(fixed_text(figures.bits_per_sample, 1), "bits a sample") +
         tile(grouped(figures.n_samples), "samples judged") + "</div>";
}

[[nodiscard]] inline std::string latent_table(const std::vector<LatentRow>& latents) {
  std::string html =
      "<div class=\"wide\"><table><thead><tr><th>latent</th><th>energy %</th><th>density %</th><th>mean active</th>"
      "<th>nearest</th><th>cosine</th><th class=\"words\">top examples: value, file, row</th></tr></thead><tbody>";
  for (const LatentRow& row : latents) {
    html += "<tr><td>" + std::to_string(row.latent) + "</td><td>" + fixed_text(100 * row.use.energy, 2) + "</td><td>" +
            digits_text(100 * row.use.density) + "</td><td>" + digits_text(row.use.mean_active) + "</td><td>" +
            (row.nearest.latent < 0 ? std::string("\xE2\x80\x93") : std::to_string(row.nearest.latent)) + "</td><td>" +
            fixed_text(row.nearest.cosine, 2) + "</td><td class=\"words\">";
    for (const NamedExample& example : row.examples)
      html += "<span class=\"example\"><b>" + digits_text(example.value) + "</b> <span>" + escape_markup(example.file) +
              "</span> " + std::to_string(example.row) + "</span>";
    html += "</td></tr>";
  }
  return html + "</tbody></table></div>";
}

[[nodiscard]] inline std::string training_section(const std::vector<CurvePoint>& curve) {
  if (curve.empty()) return "";
  return "<h2>Training</h2><p>By batch, about its own mean. Dead: silent for many samples in a row. Description "
         "length: a yes or no for every latent, entropy coded with its running density, and 8 bits for each active "
         "value.</p>" +
         curves_html(curve);
}

[[nodiscard]] inline std::string latents_section(const Findings& findings) {
  const auto dead = std::count(findings.density.begin(), findings.density.end(), 0.0);
  return "<h2>Latents</h2><p>" + grouped(static_cast<Index>(findings.density.size())) + " latents; " + grouped(dead) +
         " of them are active in none of the " + grouped(findings.figures.n_samples) +
         " samples and are not in the left chart.</p><div class=\"two\"><div>" + density_histogram(findings.density) +
         "</div><div>" + cosine_histogram(findings.nearest_cosine) +
         "</div></div><h2>Latents with the most energy</h2><p>Energy: the latent's share of the sum over samples and "
         "latents of |value &times; decoder column|&sup2;. Rows count from 0.</p>" +
         latent_table(findings.latents);
}

[[nodiscard]] inline std::string settings_section(const ReportInput& input) {
  return "<h2>Settings</h2>" + parsae_examples::settings_list(input.settings);
}

}  // namespace detail

/// One page with everything inside: no script, no other file.
[[nodiscard]] inline std::string report_html(const ReportInput& input) {
  using namespace detail;
  const parsae_examples::HtmlPage page{.title = input.title,
                                       .heading = input.title,
                                       .headline = headline(input.findings),
                                       .style = report_style,
                                       .body = warnings(input.findings) + figure_tiles(input.findings.figures) +
                                               training_section(input.curve) + latents_section(input.findings) +
                                               settings_section(input)};
  return page.html();
}

/// Throws parsae::FileError when the page cannot be written.
inline void write_report(const std::filesystem::path& path, const ReportInput& input) {
  parsae_examples::write_whole_file(path, report_html(input));
}

}  // namespace parsae_cli
