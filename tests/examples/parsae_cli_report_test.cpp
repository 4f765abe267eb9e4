// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <fstream>
#include <string>

#include "../../examples/parsae_cli/report.hpp"
#include "../../examples/parsae_cli/report_files.hpp"

namespace parsae_cli_report_test {

namespace {

using namespace parsae_cli;
using Catch::Matchers::ContainsSubstring;

const double nan_value = std::numeric_limits<double>::quiet_NaN();

Findings findings_of() {
  Findings findings;
  findings.data = {"held_out.npy"};
  findings.is_held_out = true;
  findings.figures = {.n_samples = 5000,
                      .fvu = 0.0625,
                      .mean_squared_error = 0.5,
                      .cosine = 0.97,
                      .norm_ratio = 0.95,
                      .l0 = 16,
                      .l0_deviation = 0.25,
                      .dead_fraction = 0.5,
                      .bits_per_sample = nan_value};
  findings.density = {0.25, 0.001, 0, 0};
  findings.nearest_cosine = {0.97, 0.97, 0.1, nan_value};
  findings.latents = {{.latent = 1,
                       .use = {.density = 0.001, .mean_active = 2.5, .energy = 0.75},
                       .nearest = {0, 0.97},
                       .examples = {{"a<b>.npy", 17, 3.25}, {"b.npy", 4, 3.0}}}};
  return findings;
}

std::size_t count_of(const std::string& part, const std::string& text) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("findings come back from evaluation.json as they were") {
  const parsae::test::TemporaryFolder folder;
  const Findings findings = findings_of();
  std::ofstream(folder / "evaluation.json") << to_json(findings).dump();
  const Findings back = read_findings(folder / "evaluation.json");
  CHECK(to_json(back) == to_json(findings));
  CHECK(back.figures.fvu == 0.0625);
  CHECK(std::isnan(back.figures.bits_per_sample));
  CHECK(back.latents.front().examples.front().file == "a<b>.npy");
  CHECK(back.latents.front().nearest.latent == 0);
  CHECK(std::isnan(back.nearest_cosine.back()));

  std::ofstream(folder / "evaluation.json") << R"({"fvu": 1})";
  CHECK_THROWS_WITH(read_findings(folder / "evaluation.json"), ContainsSubstring("is not an evaluation"));
  CHECK_THROWS_WITH(read_findings(folder / "none.json"), ContainsSubstring("cannot be opened"));
}

TEST_CASE("curves are read from the metrics that training writes") {
  const parsae::test::TemporaryFolder folder;
  std::ofstream(folder / "metrics.jsonl")
      << R"({"step":10,"losses/overall_loss":0.5,"metrics/explained_variance":0.75,"metrics/l0":16,)"
      << R"("sparsity/dead_features":3,"details/current_learning_rate":0.01,"details/n_training_samples":640,)"
      << R"("details/description_length":99.5})"
      << "\n{\"step\": 20, \"losses/overall_loss\": null}\n{\"step\": 30, \"los";
  const std::vector<CurvePoint> curve = read_curve(folder / "metrics.jsonl", 12);
  REQUIRE(curve.size() == 2);
  CHECK(curve[0].samples == 640);
  CHECK(curve[0].fvu == 0.25);
  CHECK(curve[0].dead_fraction == 0.25);
  CHECK(curve[0].bits == 99.5);
  CHECK(std::isnan(curve[1].loss));
  CHECK(read_curve(folder / "none.jsonl", 12).empty());
}

TEST_CASE("the page says what was found, and escapes what users have named") {
  ReportInput input{.title = "a <title>", .findings = findings_of(), .settings = {{"--batch", "64 & more"}}};
  input.curve = {{.step = 1, .samples = 1e6, .loss = 1, .fvu = 0.5, .l0 = 16, .learning_rate = 0.01, .bits = 140},
                 {.step = 2, .samples = 2e6, .loss = 0.5, .fvu = 0.25, .l0 = 16, .learning_rate = 0.01, .bits = 130}};
  const std::string html = report_html(input);
  CHECK_THAT(html,
             ContainsSubstring("93.8 % of the variance explained with 16.0 active latents a sample, on held-out"));
  CHECK_THAT(html, ContainsSubstring("50 % of the latents are never active"));
  CHECK_THAT(html, ContainsSubstring("2 latents have a twin"));
  CHECK_THAT(html, ContainsSubstring("a &lt;title&gt;"));
  CHECK_THAT(html, ContainsSubstring("a&lt;b&gt;.npy"));
  CHECK_THAT(html, ContainsSubstring("64 &amp; more"));
  CHECK(count_of("a<b>", html) == 0);
  CHECK(count_of("<svg", html) == 8);
  CHECK(count_of("</svg>", html) == 8);
  CHECK(count_of("<script", html) == 0);
  CHECK(count_of("http", html) == 0);
  CHECK(count_of("nan", html) == 0);
  CHECK(count_of(">-0<", html) == 0);

  input.curve.clear();
  CHECK(count_of("<svg", report_html(input)) == 2);
}

TEST_CASE("a histogram counts every finite value once, and the ends take what lies beyond") {
  Histogram chart{.title = "t", .x_title = "x", .low = 0, .high = 1, .n_bins = 4};
  chart.values = {0, 0.24, 0.25, 0.99, 1.0, 1.5, -3, nan_value};
  CHECK(chart.counts() == std::vector<int>{3, 1, 0, 3});
  CHECK(count_of("<rect", chart.svg()) == 3);
  chart.values.clear();
  CHECK(count_of("<rect", chart.svg()) == 0);
}

}  // namespace parsae_cli_report_test
