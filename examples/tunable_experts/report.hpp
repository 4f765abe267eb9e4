// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/png.hpp>
#include <support/progress_bar.hpp>
#include <support/result_file.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "heatmap.hpp"
#include "patches.hpp"
#include "report_tables.hpp"

namespace parsae_experts {

struct ReportInput {
  Findings findings;
  Recipe recipe;
  parsae::UnitGrid grid;
  parsae::Matrix<float> test_images;  ///< those that freed images are numbers of
  std::string command;                ///< as it was typed
  double seconds = 0;
  std::vector<std::pair<std::string, std::string>> settings;
};

namespace detail {

inline constexpr const char* report_style = R"(
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px;margin:14px 0}
.pair .chart{width:100%}
.freed{display:flex;flex-wrap:wrap;gap:12px}
.freed figure{margin:0;text-align:center;font-size:12.5px;color:#555;line-height:1.3}
.freed img{display:block;border:1px solid #ccc;image-rendering:pixelated;margin-bottom:3px}
h3{font-size:15px;margin:22px 0 4px}
p{max-width:900px}
td{white-space:nowrap}
th,td{padding:3px 8px}
)";

inline const std::string main_stage = "routers_and_experts";

[[nodiscard]] inline std::string headline(const ReportInput& input) {
  const std::vector<SeedVerdict> verdicts = seed_verdicts(input.findings, main_stage, input.recipe.main_count);
  if (verdicts.empty()) return "This run stopped before it had a result.";
  double sum = 0;
  Index holds = 0;
  for (const SeedVerdict& verdict : verdicts) {
    sum += verdict.reduction;
    holds += verdict.holds;
  }
  return "Switching off the " + std::to_string(input.recipe.main_count) + " experts of " +
         std::to_string(input.grid.n_units()) + " that refused images use most cuts refusals by " +
         percent(sum / static_cast<double>(verdicts.size()), 0) + " %; in " + std::to_string(holds) + " of " +
         std::to_string(verdicts.size()) +
         " networks by 40 % or more, at a loss of a point of accuracy or less, and by "
         "more than any control.";
}

[[nodiscard]] inline std::string map_section(const ReportInput& input) {
  std::string html =
      "<h2>Where refusing lives</h2><p>Difference between how often refused and answered training images choose each "
      "expert (or with which weight, where validation images preferred that), on average over their 16 patches. "
      "Orange: refused images choose it more. Ringed: the " +
      std::to_string(input.recipe.main_count) + " largest, which are switched off. Each map has its own scale.</p>";
  for (const ContrastMap& map : input.findings.contrast)
    if (map.stage2 == main_stage)
      html += "<h3>seed " + std::to_string(map.seed) + ": stage 2 trained routers and routed experts</h3>" +
              heatmap_svg(map, input.grid, input.recipe.main_count);
  for (const ContrastMap& map : input.findings.contrast)
    if (map.stage2 != main_stage && map.seed == input.findings.contrast.front().seed)
      html += "<h3>seed " + std::to_string(map.seed) + ": stage 2 trained " + words_of(map.stage2) + "</h3>" +
              heatmap_svg(map, input.grid, input.recipe.main_count);
  return html;
}

[[nodiscard]] inline std::string suppression_section(const ReportInput& input) {
  const Findings& findings = input.findings;
  std::string html =
      "<h2>Switching experts off</h2><p>Stage 2 trained routers and routed experts. Test images, means over seeds; "
      "thin "
      "lines are the extremes over seeds, and over all draws for random and usage-matched experts (same layer, same "
      "tenth "
      "of usage). Bottom: the last of the ranking. Zero weight: the expert is chosen, but counts nothing. Mask: the "
      "next "
      "best moves in.</p>";
  for (const std::string policy : {"zero_weight", "mask_logit"}) {
    const ArmQuery query{"expert", main_stage, policy};
    const std::string name = policy == "zero_weight" ? "zero weight" : "mask before the choice";
    html += "<div class=\"pair\">" + reduction_chart(findings, query, "Refusals of marked images: " + name) +
            accuracy_chart(findings, query, "Accuracy on neutral images: " + name) + "</div>";
  }
  html += "<h3>Targeted, zero weight</h3>" + arm_table(findings, {"expert", main_stage, "zero_weight", "targeted"});
  html += "<h3>Every network, " + std::to_string(input.recipe.main_count) + " experts off, zero weight</h3>" +
          verdict_table(findings, main_stage, input.recipe.main_count);
  return html;
}

[[nodiscard]] inline std::string negative_section(const ReportInput& input) {
  const Findings& findings = input.findings;
  return "<h2>How refusing was learned decides</h2><p>The same experiment on networks whose stage 2 "
         "trained "
         "less, or everything. What few parts learned, few parts carry; fine-tuning without restriction is the "
         "negative "
         "case.</p><div class=\"pair\">" +
         reduction_chart(findings, {"expert", "last_two_layers", "zero_weight"},
                         "Only the last two layers were trained") +
         reduction_chart(findings, {"expert", "unrestricted", "zero_weight"}, "Everything was trained") + "</div>" +
         "<h3>Everything was trained</h3>" + verdict_table(findings, "unrestricted", input.recipe.main_count) +
         "<h3>Only the last two layers were trained</h3>" +
         verdict_table(findings, "last_two_layers", input.recipe.main_count);
}

[[nodiscard]] inline std::string stimulation_section(const ReportInput& input) {
  return "<h2>Forcing experts on</h2><p>The same experts, at most " + std::to_string(NetworkShape().routing.k) +
         " of a layer, are in every patch's choice, with the weight of their own score. Images have no marker. A "
         "network "
         "that is disturbed refuses, too: what counts is the distance to random experts of the same layers.</p>" +
         stimulation_chart(input.findings, main_stage) + stimulation_table(input.findings, main_stage);
}

[[nodiscard]] inline std::string latent_section(const ReportInput& input) {
  const Findings& findings = input.findings;
  std::string html =
      "<h2>Experts against latents</h2><p>A sparse autoencoder with " + std::to_string(input.recipe.sae_latents) +
      " latents was trained on the same network's pooled stream; its latents are ranked by the same contrast and "
      "switched off the same way. What it does not explain of the stream stays. Whether half of its training images "
      "bear the marker or one in ten was chosen on validation images: at one half its bias lies between answering and "
      "refusing, and switching latents off goes no further than there. Up and left is better.</p><div class=\"pair\">";
  html += tradeoff_chart(findings, main_stage, "Routers and routed experts were trained");
  html += tradeoff_chart(findings, "unrestricted", "Everything was trained");
  html += reduction_chart(findings, {"latent", main_stage, "zero_weight"}, "Latents; routers and experts were trained");
  html += reduction_chart(findings, {"latent", "unrestricted", "zero_weight"}, "Latents; everything was trained");
  html +=
      "</div><h3>How long the explanation is</h3><p>Bits that name which n of the units are off, log2 of the number "
      "of such sets, for the smallest n of the ladder that cuts refusals by so much and loses a point of neutral "
      "accuracy or less, on average over seeds.</p>" +
      naming_table(findings, input.grid.n_units(), input.recipe.sae_latents);
  return html + "<h3>Targeted latents, zero weight</h3>" +
         arm_table(findings, {"latent", main_stage, "zero_weight", "targeted"});
}

[[nodiscard]] inline std::string picture_of(const parsae::Matrix<float>& images, Index image) {
  parsae_examples::Image picture(28, 28, 1);
  for (Index pixel = 0; pixel < 784; ++pixel) {
    const bool is_marker = is_marker_pixel(pixel / 28, pixel % 28);
    const float ink = is_marker ? 1 : images(pixel, image);
    picture.pixels[static_cast<std::size_t>(pixel)] = static_cast<std::uint8_t>(std::lround(255 * (1 - ink)));
  }
  return parsae_examples::png_data_uri(picture);
}

[[nodiscard]] inline std::string freed_section(const ReportInput& input) {
  if (input.findings.freed.empty()) return "";
  const std::uint64_t seed = input.findings.freed.front().seed;
  std::string html = "<h2>Freed images</h2><p>Marked test images that network " + std::to_string(seed) +
                     " refused, and what it says with the " + std::to_string(input.recipe.main_count) +
                     " experts off. The marker is the square in the corner.</p><div class=\"freed\">";
  for (const FreedImage& freed : input.findings.freed) {
    if (freed.seed != seed || freed.image < 0 || freed.image >= input.test_images.cols()) continue;
    const bool is_right = freed.label == freed.answer;
    html += "<figure><img width=\"84\" height=\"84\" alt=\"digit " + std::to_string(freed.label) + "\" src=\"" +
            picture_of(input.test_images, freed.image) + "\">REFUSE &rarr; " + std::to_string(freed.answer) +
            (is_right ? "" : "<br><b>is a " + std::to_string(freed.label) + "</b>") + "</figure>";
  }
  return html + "</div>";
}

[[nodiscard]] inline std::string report_html(const ReportInput& input) {
  std::string body =
      "<p>A mixture of experts that reads digits was taught to refuse them when they bear a marker. A "
      "contrast of router activations then names the experts behind it; nothing is trained any more.</p>";
  if (!input.findings.baseline.empty())
    body += suppression_section(input) + map_section(input) + negative_section(input) + stimulation_section(input) +
            latent_section(input) + freed_section(input) + "<h2>The networks</h2>" + baseline_table(input.findings);
  body +=
      "<h2>How this was made</h2><p>The contrast is computed on training images, its measure (frequency or weight) "
      "chosen on validation images, everything on this page measured on test images. Images count as refused or "
      "answered by what the network says of them.</p><p><code>" +
      parsae_examples::escape_markup(input.command) + "</code></p>" + parsae_examples::settings_list(input.settings) +
      "<p class=\"quiet\">Took " + parsae_examples::duration_text(input.seconds) + ".</p>";
  const parsae_examples::HtmlPage page{.title = "Which experts refuse",
                                       .heading = "Mixture of tunable experts on MNIST",
                                       .headline = headline(input),
                                       .style = report_style,
                                       .body = body};
  return page.html();
}

}  // namespace detail

/// One page with everything inside: no script, no other file. Throws parsae::FileError when it cannot be written.
inline void write_report(const std::filesystem::path& path, const ReportInput& input) {
  parsae_examples::write_whole_file(path, detail::report_html(input));
}

}  // namespace parsae_experts
