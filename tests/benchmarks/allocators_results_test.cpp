// SPDX-License-Identifier: MIT
#include <support/close_to.hpp>
#include <support/temporary_folder.hpp>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "../../benchmarks/allocators/results.hpp"

namespace allocators_results_test {

namespace {

using namespace parsae_benchmarks;
using parsae::test::close_to;

Measured measured(double fvu, double l0) {
  Measured figures;
  figures.fvu = fvu;
  figures.l0 = l0;
  figures.dead_fraction = 0.25;
  figures.bits_per_sample = 90;
  return figures;
}

Row example_row() {
  Row row;
  row.data = "synthetic";
  row.rule = "topk";
  row.target_l0 = 16;
  row.learning_rate = 0.016;
  row.is_bracketed = true;
  row.tried_rates = {{0.008, 0.3}, {0.016, 0.2}, {0.032, std::numeric_limits<double>::infinity()}};
  row.seeds = {measured(0.20, 15.5), measured(0.26, 16.1)};
  return row;
}

nlohmann::json written(const Results& results) {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "made" / "results.json";
  write_json(path, results);
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

}  // namespace

TEST_CASE("a row holds means and the spread over seeds; what is not known is null") {
  Results results;
  results.rows = {example_row()};
  const nlohmann::json json = written(results).at("rows").at(0);
  CHECK(json.at("data") == "synthetic");
  CHECK(json.at("rule") == "topk");
  CHECK(json.at("target_l0") == 16);
  CHECK_THAT(json.at("l0").get<double>(), close_to(15.8, 1e-12));
  CHECK_THAT(json.at("fvu").get<double>(), close_to(0.23, 1e-12));
  CHECK_THAT(json.at("fvu_std_over_seeds").get<double>(), close_to(0.06 / std::sqrt(2.0), 1e-12));
  CHECK(json.at("dead_fraction") == 0.25);
  CHECK(json.at("bits_per_sample") == 90);
  CHECK(json.at("learning_rate") == 0.016);
  CHECK(json.at("rate_bracketed") == true);
  CHECK(json.at("seeds") == 2);
  CHECK(json.at("fvu_of_seeds") == nlohmann::json({0.20, 0.26}));
  CHECK(json.at("tried_rates").size() == 3);
  CHECK(json.at("tried_rates").at(1).at("validation_fvu") == 0.2);
  CHECK(json.at("tried_rates").at(2).at("validation_fvu").is_null());
  for (const char* key :
       {"l0_std_over_samples", "under_used_fraction", "mmcs_truth_to_learned", "mmcs_learned_to_truth",
        "matched_cosine", "matching", "train_samples_per_s", "encode_us_per_sample", "coefficient"})
    CHECK(json.at(key).is_null());
}

TEST_CASE("recovery is there where the dictionary is known, with the kind of matching") {
  Results results;
  results.rows = {example_row()};
  for (Measured& seed : results.rows[0].seeds)
    seed.recovery = parsae::DictionaryRecovery{0.9, 0.8, 0.7, 0.6, parsae::DictionaryRecovery::Matching::Greedy};
  const nlohmann::json json = written(results).at("rows").at(0);
  CHECK_THAT(json.at("mmcs_truth_to_learned").get<double>(), close_to(0.9, 1e-12));
  CHECK_THAT(json.at("mmcs_learned_to_truth").get<double>(), close_to(0.8, 1e-12));
  CHECK_THAT(json.at("matched_cosine").get<double>(), close_to(0.7, 1e-12));
  CHECK_THAT(json.at("found_fraction").get<double>(), close_to(0.6, 1e-12));
  CHECK(json.at("matching") == "greedy");
}

TEST_CASE("a row holds its error over Mutual Choice's at the same target, where both meet it") {
  Results results;
  results.rows = {example_row(), example_row(), example_row()};
  results.rows[1].rule = results.rows[2].rule = "mutual_choice";
  results.rows[1].target_l0 = 15.5;
  results.rows[2].seeds = {measured(0.2, 16)};
  CHECK_THAT(written(results).at("rows").at(0).at("fvu_over_mutual_choice").get<double>(), close_to(1.15, 1e-12));
  CHECK_THAT(written(results).at("rows").at(1).at("fvu_over_mutual_choice").get<double>(), close_to(1, 1e-12));
  results.rows[2].seeds = {measured(0.2, 17)};
  CHECK(written(results).at("rows").at(0).at("fvu_over_mutual_choice").is_null());
  results.rows.pop_back();
  CHECK(written(results).at("rows").at(0).at("fvu_over_mutual_choice").is_null());
}

TEST_CASE("one seed has no spread, and a diverged one makes the mean unknown") {
  CHECK(std::isnan(spread_over_seeds({}).mean));
  CHECK(spread_over_seeds({3}).mean == 3);
  CHECK(std::isnan(spread_over_seeds({3}).deviation));
  CHECK_THAT(spread_over_seeds({1, 2, 3, 4}).deviation, close_to(std::sqrt(5.0 / 3), 1e-12));
  Row row = example_row();
  row.seeds.push_back({});
  CHECK(std::isnan(row.fvu()));
  CHECK_FALSE(row.is_on_target());
}

TEST_CASE("on target means within five percent") {
  Row row = example_row();
  row.seeds = {measured(0.2, 16.79)};
  CHECK(row.is_on_target());
  row.seeds = {measured(0.2, 15.19)};
  CHECK_FALSE(row.is_on_target());
}

TEST_CASE("the whole file: how it was made, rows and kernels") {
  Results results;
  results.command = "allocators --quick";
  results.is_complete = false;
  results.has_stored_rates = true;
  results.settings = {{"data", "what it was"}};
  results.kernels = {{"topk", "3 of each sample", {0.1, 0.09, 0.2}, {0.004, 0.001, 0.009}, {1, 1, 1}, {}, 2}};
  const nlohmann::json json = written(results);
  CHECK(json.at("command") == "allocators --quick");
  CHECK(json.at("complete") == false);
  CHECK(json.at("stored_rates") == true);
  CHECK(json.at("settings").at("data") == "what it was");
  CHECK(json.at("rows").empty());
  const nlohmann::json& kernel = json.at("kernels").at(0);
  CHECK(kernel.at("rule") == "topk");
  CHECK_THAT(kernel.at("selection_ms").get<double>(), close_to(4, 1e-9));
  CHECK_THAT(kernel.at("share_of_product").get<double>(), close_to(0.04, 1e-9));
  CHECK(kernel.at("dense_nth_element_ms").is_null());
}

}  // namespace allocators_results_test
