// SPDX-License-Identifier: MIT
#include <cells/report.hpp>
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <fstream>
#include <iterator>

namespace cells_report_test {

using namespace parsae_examples::cells;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Ten splits in which pre-activations separate seven types, and the other units as many as said.
std::vector<SeparationRow> splits(Index codes, Index directions) {
  std::vector<SeparationRow> rows;
  for (Index s = 0; s < 10; ++s) {
    rows.push_back({s, "pre_activation", 5, s == 0 ? Index{6} : Index{7}, 0.93});
    rows.push_back({s, "code", 2, codes, 0.86});
    rows.push_back({s, "pca", 3, 5, 0.88});
    rows.push_back({s, "gene", 3, 5, 0.87});
    rows.push_back({s, "random_direction", 5, directions, 0.93});
    rows.push_back({s, "k_means", 6, 9, 0.95});
  }
  return rows;
}

Results example() {
  Results results;
  results.probes = {{"small", "spanning", "X1", 1.0, 1.0, 200, 0},   {"small", "spanning", "A", .780, .771, 200, 0},
                    {"large", "pca_5", "Y", .67, unknown, 100, .01}, {"large", "pca_5", "X''", .53, unknown, 100, .01},
                    {"large", "pca_5", "A", .32, unknown, 100, .01}, {"large", "pca_5", "X'", .02, unknown, 100, .01},
                    {"large", "pca_5", "X", -.1, unknown, 100, .01}};
  results.recovery = {{.simulation = "small", .type = "top_k", .width = 8, .variable = "X", .mean_max_corr = .7}};
  results.separation = splits(5, 7);
  results.cells_source = "<b>cells</b>";
  Explanation& found = results.explanation;
  found.types = {"B & T", "NK"};
  found.type = {0, 1, 1};
  found.plane = parsae::Matrix<float>::Random(2, 3);
  found.rows = {{.cell_type = "B & T", .latent = 3, .auroc_heldout = .9, .locality = "local", .genes = {"CD79A"}}};
  found.shown = {
      {3, "latent 3", .9, parsae::Vector<float>::Ones(3), {{"CD79A", 2.0, 8.0, true}, {"X", unknown, 0, false}}}};
  found.heatmap_latents = {3};
  found.heatmap = parsae::Matrix<double>::Ones(1, 2);
  return results;
}

}  // namespace

TEST_CASE("a unit is called better only where it is in eight of ten splits") {
  const std::vector<SeparationRow> rows = splits(5, 7);
  CHECK(comparison_sentence(rows, "pre_activation", "Pre-activations") ==
        "Pre-activations are better than components of the embedding, single genes; not clearly different from random "
        "directions; worse than k-means.");
  CHECK_THAT(
      comparison_sentence(rows, "code", "Codes"),
      ContainsSubstring("Codes are not clearly different from components of the embedding, single genes; worse"));
  CHECK(verdict({.more = 8, .fewer = 2, .n = 10}) == "better than");
  CHECK(verdict({.more = 2, .fewer = 8, .n = 10}) == "worse than");
  CHECK(verdict({.more = 7, .fewer = 0, .n = 10}) == "not clearly different from");
  CHECK(verdict({.more = 0, .fewer = 7, .n = 10}) == "not clearly different from");
  CHECK(verdict({.more = 1, .fewer = 0, .n = 1}) == "not clearly different from");
}

TEST_CASE("means and ranges of units over splits") {
  const std::vector<UnitSummary> units = summarize_units(splits(5, 7));
  const UnitSummary* own = find_unit(units, "pre_activation");
  REQUIRE(own != nullptr);
  CHECK_THAT(own->types_090, WithinAbs(6.9, 1e-6));
  CHECK(own->least_090 == 6);
  CHECK(own->most_090 == 7);
  CHECK_THAT(own->types_095, WithinAbs(5, 1e-6));
  CHECK(own->least_095 == 5);
  CHECK(own->most_095 == 5);
  CHECK_THAT(own->mean_auroc, WithinAbs(0.93, 1e-6));
  CHECK(own->n_splits == 10);
  CHECK(find_unit(units, "ridge") == nullptr);
}

TEST_CASE("the order of levels is said as it is") {
  Results results = example();
  CHECK_THAT(order_sentence(results.probes, "pca_5"), ContainsSubstring("in this order, as in the paper"));
  results.probes.back().r2 = 0.5;
  CHECK_THAT(order_sentence(results.probes, "pca_5"), ContainsSubstring("not in the paper's order"));
  CHECK(order_sentence(results.probes, "pca_7").empty());
  CHECK_THAT(largest_deviation(results.probes), WithinAbs(.009, 1e-6));
}

TEST_CASE("results.json has the names that readers rely on, and null for what is unknown") {
  const parsae::test::TemporaryFolder folder;
  write_results_json(folder / "results.json", example());
  const auto json = nlohmann::json::parse(content(folder / "results.json"));
  CHECK(json.at("probe_r2").at(1).at("reference") == .771);
  CHECK(json.at("probe_r2").at(2).at("reference").is_null());
  CHECK(json.at("probe_r2").at(0).at("n") == 200);
  CHECK(json.at("recovery").at(0).at("mean_max_corr") == .7);
  for (const char* name : {"type", "width", "variable", "max_corr", "dead_fraction"})
    CHECK(json.at("recovery").at(0).contains(name));
  CHECK(json.at("cells").at(0).at("unit") == "pre_activation");
  for (const char* name : {"split", "types_095", "types_090", "mean_auroc"})
    CHECK(json.at("cells").at(0).contains(name));
  CHECK(json.at("latents").at(0).at("genes").at(0) == "CD79A");
  CHECK(json.at("latents").at(0).at("cell_type") == "B & T");
}

TEST_CASE("the page stands by itself, escapes names, and leaves out what there is not") {
  const parsae::test::TemporaryFolder folder;
  write_report(folder / "report.html", example(), "cells --x <y>");
  const std::string page = content(folder / "report.html");
  CHECK_THAT(page, ContainsSubstring("B &amp; T"));
  CHECK_THAT(page, ContainsSubstring("&lt;b&gt;cells"));
  CHECK_THAT(page, ContainsSubstring("--x &lt;y&gt;"));
  CHECK_THAT(page, !ContainsSubstring("<script"));
  CHECK_THAT(page, !ContainsSubstring("http"));
  CHECK_THAT(page, !ContainsSubstring("nan"));
  write_report(folder / "report.html", {}, "cells");
  CHECK_THAT(content(folder / "report.html"), ContainsSubstring("stopped before it had a result"));
}

}  // namespace cells_report_test
