// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/progress_bar.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "report_charts.hpp"
#include "report_pictures.hpp"
#include "report_tables.hpp"
#include "results.hpp"
#include "tiles.hpp"

namespace parsae_examples {

struct ReportInput {
  Results results;
  std::vector<TileSheet> sheets;                ///< sparsest, chosen, densest of one eps; that eps leads the page
  std::vector<Reconstruction> reconstructions;  ///< one DecodedImage for every sheet
  std::string command;                          ///< as it was typed
  std::string bits_headline;                    ///< what training on bits adds to the headline; plain text
  std::string bits_sections;                    ///< and to the page; HTML
};

namespace detail {

inline constexpr const char* report_style = R"(
p{margin:6px 0 12px}
.quiet,small{color:#777}
td.quiet{color:#949494}
ul.sentences{padding-left:18px;margin:8px 0}
.three{display:grid;grid-template-columns:1fr 1fr 1fr;gap:16px}
.chart.forest{width:auto;max-width:100%;height:auto;margin:14px 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px;margin:14px 0 22px}
.chart{width:100%;margin:0}
figure{margin:18px 0;break-inside:avoid}
figcaption{margin-bottom:5px}
figcaption b{display:inline-block;min-width:76px}
.sheet img{display:block;max-width:100%;height:auto;image-rendering:pixelated}
table{margin:0}
caption{text-align:left;padding-bottom:6px}
th{font-weight:600;text-align:right;padding:3px 9px;vertical-align:bottom}
tbody th{vertical-align:middle}
td{text-align:right;padding:3px 9px}
table.numbers th:first-child,table.digits th{text-align:left}
.words{text-align:left;max-width:620px}
.grid td{min-width:44px}
.best{background:#e3edf7}
.chosen{background:#1f5a99;color:#fff;font-weight:600}
.digits{width:100%;table-layout:fixed}
.digits th:first-child{width:92px}
.digits th{padding:3px 6px}
.digits td{vertical-align:top;text-align:left;padding:8px 6px}
.digit{border:1px solid #ddd;image-rendering:pixelated}
.decoded{display:flex;gap:8px}
.decoded>img{flex:none}
.code{display:flex;flex-wrap:wrap;gap:3px 2px;align-content:flex-start}
.part{display:block;width:40px;text-align:center;line-height:1}
.part img{display:block;outline:1px solid #e5e5e5}
.part small{font-size:11px;color:#555;line-height:14px;display:block}
.more{width:40px;line-height:40px;text-align:center;font-size:12px;color:#777}
.key{display:inline-block;width:12px;height:12px;vertical-align:-1px;margin:0 3px 0 6px;border:1px solid #ccc}
@media print{main{max-width:none;padding:0}body{font-size:12px}}
@media print{*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

/// The minimum that leads the page: the one of the sheets' eps, else the first.
[[nodiscard]] inline const Minimum* leading_minimum(const ReportInput& input) {
  for (const Minimum& minimum : input.results.minimum)
    if (!input.sheets.empty() && same_eps(minimum.eps, input.sheets.front().eps)) return &minimum;
  return input.results.minimum.empty() ? nullptr : &input.results.minimum.front();
}

[[nodiscard]] inline std::string headline(const Minimum* minimum) {
  if (minimum == nullptr) return "This run stopped before it had a result.";
  const std::string bound = "FVU \xE2\x89\xA4 " + eps_text(minimum->eps);
  if (!minimum->feasible) return "No sparse autoencoder of this grid keeps " + bound + ".";
  const std::string best = "k = " + std::to_string(minimum->k) + " of " + std::to_string(minimum->width) + " latents";
  const std::string start = "With " + bound + ", the fewest bits explain a digit at " + best + ": " +
                            short_text(minimum->bits_total) + " bits an image, dictionary included. ";
  if (minimum->interior)
    return start + "The sparsest and the densest that keep the bound cost at least " +
           short_text(minimum->margin_bits) + " more.";
  return start + "This minimum is not clearly interior.";
}

[[nodiscard]] inline std::string charts_section(const ReportInput& input) {
  std::string html =
      "<h2>Description length against sparsity</h2>"
      "<p>Each line is one dictionary size; the gray band follows the best size at each k (mean over seeds). Every "
      "point has "
      "the coarsest quantizers that still keep the fraction of variance unexplained (FVU) of test images within the "
      "bound, eps. "
      "Left: codes and the dictionary, shared by all training images. Right: codes alone, as if the dictionary cost "
      "nothing. Both charts of a row have the same scale.</p>";
  for (const Minimum& minimum : input.results.minimum)
    html += "<div class=\"pair\">" + description_length_chart(input.results, minimum, Message::DictionaryAndCodes) +
            description_length_chart(input.results, minimum, Message::CodesOnly) + "</div>";
  return html;
}

[[nodiscard]] inline std::string pictures_section(const ReportInput& input) {
  if (input.sheets.empty()) return "";
  std::string html =
      "<h2>What the latents look like</h2><p>Decoder columns, those that cost the most bits first. "
      "<span class=\"key\" style=\"background:#08306b\"></span>adds ink, "
      "<span class=\"key\" style=\"background:#be5000\"></span>takes ink away; each tile has its own scale. "
      "Effective pixels count how many pixels a column is spread over (participation ratio): few for a fragment, many "
      "for a "
      "whole digit. The cosine compares a column with its most similar training image less the mean image: near 1, the "
      "column has memorized that image.</p>";
  html += sheet_table(input.sheets);
  for (const TileSheet& sheet : input.sheets) html += sheet_figure(sheet);
  if (input.reconstructions.empty()) return html;
  html +=
      "<h2>Test digits and their codes</h2><p>Reconstruction = bias image + the sum of value &times; tile. The largest "
      "values of each code are "
      "shown, and how many more there are.";
  bool has_bias = true;
  for (const TileSheet& sheet : input.sheets) has_bias = has_bias && !sheet.bias.empty();
  if (has_bias) {
    html += " Bias images, in the order of the columns:</p><p>";
    for (const TileSheet& sheet : input.sheets)
      html += "<img class=\"digit\" width=\"56\" height=\"56\" alt=\"bias of the " + escape_markup(sheet.role) +
              " SAE\" src=\"" + digit_uri(sheet.bias) + "\"> ";
  }
  return html + "</p>" + reconstruction_table(input.sheets, input.reconstructions);
}

[[nodiscard]] inline std::string tables_section(const ReportInput& input, const Minimum* leading) {
  std::string html = "<h2>The whole grid</h2>";
  if (leading != nullptr)
    html +=
        "<p>At FVU \xE2\x89\xA4 " + eps_text(leading->eps) +
        " (means over seeds; results.csv has every row and every bound). <span class=\"key best\"></span>best size at "
        "this k, <span class=\"key chosen\"></span>best of all, \xC2\xB7&nbsp;bound not reached in every seed.</p>"
        "<div class=\"pair\">" +
        bits_table(input.results, *leading, Message::DictionaryAndCodes) +
        bits_table(input.results, *leading, Message::CodesOnly) + "</div>" + fvu_table(input.results, leading->eps);
  if (!input.results.references.empty()) html += "<h2>For comparison</h2>" + reference_table(input.results.references);
  return html;
}

[[nodiscard]] inline std::string method_section(const ReportInput& input) {
  std::string html =
      "<h2>How this was made</h2><p>A bit is counted when a receiver needs it to rebuild the images within the bound: "
      "for "
      "each latent whether it is active and, if so, which of its quantized values it has (entropies of both), plus the "
      "quantized dictionary divided by the number of images that share it. The error that remains is bounded, not "
      "sent.</p>";
  html += "<p><code>" + escape_markup(input.command) + "</code></p>" + settings_list(input.results.settings);
  return html + "<p class=\"quiet\">Took " + duration_text(input.results.seconds) + ".</p>";
}

[[nodiscard]] inline std::string report_html(const ReportInput& input) {
  const Minimum* leading = leading_minimum(input);
  std::string html = "<ul class=\"sentences\">";
  for (const Minimum& minimum : input.results.minimum) html += "<li>" + escape_markup(sentence(minimum)) + "</li>";
  html += "</ul>" + charts_section(input) + input.bits_sections + pictures_section(input) +
          tables_section(input, leading) + method_section(input);
  const HtmlPage page{.title = "The fewest bits that explain handwritten digits",
                      .heading = "Sparse autoencoders on MNIST, by description length",
                      .headline = headline(leading) + (input.bits_headline.empty() ? "" : " " + input.bits_headline),
                      .style = report_style,
                      .body = html};
  return page.html();
}

}  // namespace detail

/// One page with everything inside: no script, no other file. Sections without input are left out.
/// Throws std::invalid_argument for pictures of a wrong size or number, parsae::FileError when it cannot be written.
inline void write_report(const std::filesystem::path& path, const ReportInput& input) {
  write_whole_file(path, detail::report_html(input));
}

}  // namespace parsae_examples
