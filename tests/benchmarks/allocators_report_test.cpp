// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <string>
#include <vector>

#include "../../benchmarks/allocators/report.hpp"

namespace allocators_report_test {

namespace {

using namespace parsae_benchmarks;
using Catch::Matchers::ContainsSubstring;

Row row_of(const std::string& rule, double target, const std::vector<double>& fvu, double l0) {
  Row row;
  row.rule = rule;
  row.target_l0 = target;
  row.learning_rate = 0.01;
  row.is_bracketed = true;
  for (const double value : fvu) {
    Measured seed;
    seed.fvu = value;
    seed.l0 = l0;
    seed.dead_fraction = 0.1;
    seed.under_used_fraction = 0.3;
    seed.density = {0.5, 0.25, 0.125, 0.06, 0};
    row.seeds.push_back(seed);
  }
  return row;
}

/// topk leads mutual_choice within the spread at L0 8, and clearly at 16; relu_l1 misses its targets.
std::vector<Row> example_rows() {
  return {row_of("topk", 8, {0.100, 0.104}, 8),     row_of("mutual_choice", 8, {0.103, 0.105}, 8.1),
          row_of("jumprelu", 8, {0.200, 0.201}, 8), row_of("relu_l1", 8, {0.010, 0.011}, 20),
          row_of("topk", 16, {0.050, 0.051}, 16),   row_of("mutual_choice", 16, {0.060, 0.061}, 16.2)};
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a verdict names the least FVU, what is not to be told from it, and the next") {
  CHECK(verdict(example_rows(), 8) ==
        "At L0 8, topk leaves the least variance unexplained: FVU 0.102; not to be told from it over these seeds: "
        "mutual_choice 0.104; then jumprelu 0.201.");
  CHECK(verdict(example_rows(), 16) ==
        "At L0 16, topk leaves the least variance unexplained: FVU 0.0505; then mutual_choice 0.0605.");
}

TEST_CASE("rows off their target and diverged ones do not compete") {
  std::vector<Row> rows = {row_of("relu_l1", 8, {0.010}, 20), row_of("gated", 8, {unknown}, unknown)};
  CHECK(ranking(rows, 8).empty());
  CHECK(verdict(rows, 8) == "At L0 8, no rule met the target.");
  rows.push_back(row_of("topk", 8, {0.1}, 8));
  CHECK(verdict(rows, 8) == "At L0 8, topk leaves the least variance unexplained: FVU 0.100.");
}

TEST_CASE("with a single seed the spread is not known, and the verdict says so") {
  CHECK_FALSE(is_within_spread(row_of("a", 8, {0.1}, 8), row_of("b", 8, {0.1}, 8)));
  CHECK(is_within_spread(row_of("a", 8, {0.1, 0.2}, 8), row_of("b", 8, {0.11, 0.2}, 8)));
  CHECK_FALSE(is_within_spread(row_of("a", 8, {0.1, 0.11}, 8), row_of("b", 8, {0.9, 0.91}, 8)));
  CHECK(verdict({row_of("a", 8, {0.1}, 8), row_of("b", 8, {0.2}, 8)}, 8) ==
        "At L0 8, a leaves the least variance unexplained: FVU 0.100; then b 0.200. A single seed: its spread is not "
        "known.");
}

TEST_CASE("the page has the verdict, a curve and a density chart for each rule, and every row") {
  Results results;
  results.rows = example_rows();
  results.n_planned_rows = 6;
  results.settings = {{"data", "made <for> a test"}};
  results.kernels = {{"topk", "3 of each sample", {0.1, 0.09, 0.2}, {0.004, 0.001, 0.009}, {}, {}, 2}};
  const std::string html = detail::report_html(results);
  CHECK_THAT(html, ContainsSubstring("<p class=\"headline\">At L0 8, topk leaves"));
  CHECK(count_of(html, "Variance unexplained against active latents") == 2);  // <title> and heading
  for (const char* rule : {"topk", "mutual_choice", "jumprelu", "relu_l1"})
    CHECK(count_of(html, ">" + std::string(rule) + "</title>") == 1);
  CHECK(count_of(html, "rank of the latent; exponent ") == 4);
  CHECK(count_of(html, "<tr><th>topk</th>") == 3);
  CHECK(count_of(html, "20.00 *") == 1);
  CHECK_THAT(html, ContainsSubstring("made &lt;for&gt; a test"));
  CHECK_THAT(html, ContainsSubstring("What choosing costs"));
  CHECK_THAT(html, !ContainsSubstring("class=\"warning\""));
  CHECK_THAT(html, !ContainsSubstring("nan"));
}

TEST_CASE("what keeps figures from being the last word is said") {
  Results results;
  results.rows = example_rows();
  results.n_planned_rows = 9;
  results.is_complete = false;
  CHECK_THAT(detail::report_html(results), ContainsSubstring("interrupted: 6 of 9 rows are complete"));
  results.is_complete = true;
  results.rows[0].is_bracketed = false;
  CHECK_THAT(detail::report_html(results), ContainsSubstring("In 1 rows the best learning rate lies at the end"));
  results.has_stored_rates = true;
  CHECK_THAT(detail::report_html(results), ContainsSubstring("Learning rates were not searched"));
}

TEST_CASE("a page without rows stands, with kernels alone and with nothing") {
  Results results;
  CHECK_THAT(detail::report_html(results), ContainsSubstring("stopped before it had a result"));
  results.kernels = {{"topk", "3", {0.1, 0.1, 0.1}, {0.004, 0.004, 0.004}, {}, {}, 2}};
  CHECK_THAT(detail::report_html(results), ContainsSubstring("on top of the encoder&#39;s product: topk 4.0 %.") ||
                                               ContainsSubstring("on top of the encoder's product: topk 4.0 %."));
}

TEST_CASE("rows without any activity can be drawn") {
  Results results;
  results.rows = {row_of("topk", 8, {unknown}, unknown)};
  results.rows[0].seeds[0].density = {0, 0, 0};
  results.n_planned_rows = 1;
  CHECK_THAT(detail::report_html(results), ContainsSubstring("no rule met the target"));
  results.rows[0].seeds[0].density = {};
  CHECK_NOTHROW(detail::report_html(results));
}

TEST_CASE("variants share the color of their rule and have markers of their own") {
  CHECK(detail::rule_color("topk+aux_k") == detail::rule_color("topk"));
  CHECK(detail::rule_color("topk") != detail::rule_color("mutual_choice"));
  CHECK(detail::rule_marker("topk") != detail::rule_marker("topk+aux_k"));
  CHECK(detail::rule_marker("topk+aux_zipf") != detail::rule_marker("topk+aux_k"));
}

}  // namespace allocators_report_test
