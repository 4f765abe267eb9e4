// SPDX-License-Identifier: MIT
#pragma once

#include <support/html_page.hpp>
#include <support/markup.hpp>
#include <support/progress_bar.hpp>

#include <filesystem>
#include <string>

#include "report_charts.hpp"
#include "results.hpp"
#include "tables.hpp"

namespace parsae_benchmarks {
namespace detail {

inline constexpr const char* report_style = R"(
.legend{display:flex;flex-wrap:wrap;gap:4px 22px;max-width:none;font-size:13.5px}
.legend svg{vertical-align:-1px}
.triple{display:grid;grid-template-columns:repeat(3,1fr);gap:6px 14px}
table{font-size:12.5px}
th,td{padding:3px 7px;vertical-align:bottom}
td{white-space:nowrap}
th{font-weight:600}
th:first-child{text-align:left;padding-left:0;white-space:nowrap}
)";

[[nodiscard]] inline std::string headline(const Results& results) {
  if (!results.rows.empty()) return verdict(results.rows, leading_target(results.rows));
  if (results.kernels.empty()) return "This run stopped before it had a result.";
  std::string text = "Choosing costs, on top of the encoder's product:";
  for (const KernelRow& row : results.kernels)
    text += " " + row.rule + " " + parsae_examples::fixed_text(100 * row.share_of_product(), 1) + " %" +
            (&row == &results.kernels.back() ? "." : ",");
  return text;
}

/// What keeps these figures from being the last word.
[[nodiscard]] inline std::string warnings(const Results& results) {
  std::string text;
  const auto warn = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
  if (!results.is_complete)
    warn("This run was interrupted: " + std::to_string(results.rows.size()) + " of " +
         std::to_string(results.n_planned_rows) + " rows are complete, and only those are here.");
  if (results.has_stored_rates && !results.rows.empty())
    warn(
        "Learning rates were not searched: these are the stored ones, found on 64 inputs. The rate moves every "
        "ranking, so this is a first look and no comparison.");
  std::size_t unbracketed = 0;
  for (const Row& row : results.rows) unbracketed += !row.is_bracketed;
  if (!results.has_stored_rates && unbracketed > 0)
    warn("In " + std::to_string(unbracketed) + " rows the best learning rate lies at the end of what was tried.");
  return text.empty() ? "" : "<p class=\"warning\">" + parsae_examples::escape_markup(text) + "</p>";
}

[[nodiscard]] inline std::string training_section(const Results& results) {
  if (results.rows.empty()) return "";
  using parsae_examples::escape_markup;
  const double leading = leading_target(results.rows);
  std::string html = "<ul>";
  for (const double target : targets_of(results.rows))
    html += "<li>" + escape_markup(verdict(results.rows, target)) + "</li>";
  html += "</ul>" + rule_legend(results.rows) + frontier_chart(results.rows);
  html +=
      "<p>Lower is better. Every rule had the same budget of samples and the same seeds. Bars are a standard deviation "
      "over seeds. Each rule runs as it would after training: sample by sample.</p>";
  html += "<h2>Who does the work</h2><p>How often each latent is active, by rank, at L0 " + ChartAxis::label(leading) +
          ". The thin dark line is Zipf's law fitted to the first 90 % of the active latents, its exponent stands "
          "below. Latents below the light line are under-used: less than a tenth of what Zipf's law with exponent 1 "
          "expects at their rank (our reading of the term).</p>" +
          density_charts(results.rows, leading) + usage_chart(results.rows);
  const bool has_truth = results.rows.front().seeds.front().recovery.has_value();
  html += "<h2>All figures</h2>" + table_html(figure_table(results.rows, has_truth)) +
          "<p>Means over seeds, on held-out samples. &plusmn; samples: standard deviation of a sample's L0. &plusmn; "
          "seeds: standard deviation of the FVU. / MC: FVU over that of mutual_choice at the same target. *: L0 more "
          "than 5 % off the target. ?: the learning rate is not "
          "bracketed. Bits: codes quantized until the FVU is 5 % larger, then entropy coded; the dictionary is not "
          "counted. us/sample: one sample at a time on one thread.";
  if (has_truth)
    html +=
        " Truth found: mean over true directions of the largest cosine with a latent; latents true: the other way, "
        "dead latents left out; matched: each latent given to one true direction at most.";
  return html + "</p>";
}

[[nodiscard]] inline std::string kernel_section(const Results& results) {
  if (results.kernels.empty()) return "";
  using parsae_examples::grouped;
  const KernelSettings& settings = results.kernel_settings;
  return "<h2>What choosing costs</h2><p>Selection alone on " + grouped(settings.n_samples) + " &times; " +
         grouped(settings.n_latents) + " pre-activations of " + grouped(settings.n_inputs) + " inputs, " +
         std::to_string(settings.threads.count()) +
         " threads. Selection is the time of the walk with the rule less that of the walk with a rule that keeps "
         "nothing, the product alone. Sorting and nth_element work on a dense matrix that is already there. Medians "
         "of several, in alternation.</p>" +
         table_html(kernel_table(results.kernels));
}

[[nodiscard]] inline std::string method_section(const Results& results) {
  return "<h2>How this was made</h2>" + parsae_examples::settings_list(results.settings) + "<p><code>" +
         parsae_examples::escape_markup(results.command) + "</code></p><p>Took " +
         parsae_examples::duration_text(results.seconds) + ".</p>";
}

[[nodiscard]] inline std::string report_html(const Results& results) {
  const parsae_examples::HtmlPage page{
      .title = "Sparsity rules, compared",
      .heading = "Which sparsity rule should I use?",
      .headline = headline(results),
      .style = report_style,
      .body = warnings(results) + training_section(results) + kernel_section(results) + method_section(results)};
  return page.html();
}

}  // namespace detail

/// One page with everything inside: no script, no other file. Throws parsae::FileError when it cannot be written.
inline void write_report(const std::filesystem::path& path, const Results& results) {
  parsae_examples::write_whole_file(path, detail::report_html(results));
}

}  // namespace parsae_benchmarks
