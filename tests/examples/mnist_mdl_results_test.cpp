// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "../../examples/mnist_mdl/results.hpp"

namespace mnist_mdl_results_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

constexpr double eps = 0.4;

GridRow row(Index width, Index k, std::uint64_t seed, double codes, double dictionary) {
  GridRow made;
  made.width = width;
  made.k = k;
  made.seed = seed;
  made.l0 = static_cast<double>(k);
  made.fvu = 0.3;
  made.eps = eps;
  made.bits_codes = codes;
  made.bits_codes_only = codes;
  made.bits_dictionary = dictionary;
  made.bits_total = codes + dictionary;
  made.code_bins = 5;
  made.dictionary_bits = 6;
  made.feasible = true;
  return made;
}

GridRow infeasible(Index width, Index k, std::uint64_t seed) {
  GridRow made = row(width, k, seed, 1, 1);
  made.feasible = false;
  return made;
}

/// Two seeds. Totals: k = 2: 60 and 62 (width 512); k = 4: 40 (width 128) and 43 (width 256); k = 8: 70 and 71.
std::vector<GridRow> u_shape() {
  return {row(512, 2, 0, 10, 50), row(512, 2, 1, 12, 50), row(128, 4, 0, 25, 15), row(256, 4, 0, 20, 30),
          row(128, 4, 1, 31, 15), row(256, 4, 1, 18, 25), row(128, 8, 0, 55, 15), row(128, 8, 1, 56, 15)};
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

TEST_CASE("the minimum takes the best width of each seed, then the mean over seeds") {
  const Minimum minimum = find_minimum(u_shape(), eps);
  REQUIRE(minimum.feasible);
  CHECK(minimum.n_seeds == 2);
  CHECK(minimum.k == 4);
  CHECK(minimum.width == 128);  // each width is best once: the smaller
  CHECK_THAT(minimum.bits_total, WithinAbs(41.5, 1e-9));
  CHECK_THAT(minimum.margin_bits, WithinAbs(61 - 41.5, 1e-9));
  CHECK_THAT(minimum.seed_spread_bits, WithinAbs(3, 1e-9));
  CHECK(minimum.interior);
  CHECK(minimum.total.sparsest.k == 2);
  CHECK_THAT(minimum.total.sparsest.bits, WithinAbs(61, 1e-9));
  CHECK(minimum.total.densest.k == 8);
  CHECK_THAT(minimum.total.densest.bits, WithinAbs(70.5, 1e-9));
}

TEST_CASE("codes alone choose their own width and end at the sparsest k") {
  const Minimum minimum = find_minimum(u_shape(), eps);
  CHECK_FALSE(minimum.codes_only_interior);
  CHECK(minimum.codes_only.best.k == 2);
  CHECK_THAT(minimum.codes_only.best.bits, WithinAbs(11, 1e-9));
  const std::vector<EnvelopePoint> envelope = lower_envelope(u_shape(), eps, Message::CodesOnly);
  REQUIRE(envelope.size() == 3);
  CHECK(envelope[1].width == 256);
  CHECK_THAT(envelope[1].bits, WithinAbs(19, 1e-9));
}

TEST_CASE("a margin within the seed spread is no interior minimum") {
  std::vector<GridRow> grid = u_shape();
  grid[0].bits_total = 41;  // k = 2: 41 and 62, mean 51.5, margin 10, spread 21
  const Minimum minimum = find_minimum(grid, eps);
  CHECK(minimum.k == 4);
  CHECK_THAT(minimum.margin_bits, WithinAbs(10, 1e-9));
  CHECK_THAT(minimum.seed_spread_bits, WithinAbs(21, 1e-9));
  CHECK_FALSE(minimum.interior);
  CHECK_THAT(sentence(minimum), ContainsSubstring("no clear interior minimum"));
}

TEST_CASE("a k counts only when every seed has a feasible width there") {
  std::vector<GridRow> grid = u_shape();
  grid[1] = infeasible(512, 2, 1);
  const Minimum minimum = find_minimum(grid, eps);
  CHECK(minimum.total.sparsest.k == 4);
  CHECK(minimum.k == 4);
  CHECK(minimum.margin_bits == 0);
  CHECK_FALSE(minimum.interior);
  CHECK_THAT(sentence(minimum), ContainsSubstring("the sparsest feasible SAE wins"));
}

TEST_CASE("infeasible rows have no say, however few bits they claim") {
  std::vector<GridRow> grid = u_shape();
  grid.push_back(infeasible(32, 4, 0));
  grid.push_back(infeasible(32, 1, 0));
  const Minimum minimum = find_minimum(grid, eps);
  CHECK_THAT(minimum.bits_total, WithinAbs(41.5, 1e-9));
  CHECK(minimum.total.sparsest.k == 2);
}

TEST_CASE("rows of another bound have no say") {
  std::vector<GridRow> grid = u_shape();
  GridRow other = row(32, 4, 7, 1, 1);
  other.eps = 0.45;
  grid.push_back(other);
  CHECK_THAT(find_minimum(grid, eps).bits_total, WithinAbs(41.5, 1e-9));
  CHECK(find_minimum(grid, eps).n_seeds == 2);
  CHECK_THAT(find_minimum(grid, 0.45).bits_total, WithinAbs(2, 1e-9));
}

TEST_CASE("one seed has no spread, and the sentence says that it is unknown") {
  std::vector<GridRow> grid;
  for (const GridRow& r : u_shape())
    if (r.seed == 0) grid.push_back(r);
  const Minimum minimum = find_minimum(grid, eps);
  CHECK(minimum.interior);
  CHECK(minimum.seed_spread_bits == 0);
  CHECK(
      sentence(minimum) ==
      "eps 0.40: interior minimum of dictionary + codes at k = 4, width 128: 40.0 bits an image, 20.0 bits below the "
      "better end (one seed, spread unknown); codes alone: no interior minimum, the sparsest feasible SAE (k = 2) wins "
      "with 10.0 bits");
}

TEST_CASE("fewer than three feasible k have no interior") {
  const std::vector<GridRow> one{row(64, 4, 0, 20, 5)};
  CHECK_FALSE(find_minimum(one, eps).interior);
  CHECK(find_minimum(one, eps).margin_bits == 0);
  const std::vector<GridRow> two{row(64, 4, 0, 20, 5), row(64, 8, 0, 9, 5)};
  CHECK_FALSE(find_minimum(two, eps).interior);
  CHECK(find_minimum(two, eps).k == 8);
  CHECK_THAT(sentence(find_minimum(two, eps)), ContainsSubstring("the densest feasible SAE wins"));
}

TEST_CASE("nothing feasible is an answer as well") {
  const Minimum minimum = find_minimum({infeasible(64, 4, 0)}, eps);
  CHECK_FALSE(minimum.feasible);
  CHECK_FALSE(minimum.interior);
  CHECK(std::isnan(minimum.bits_total));
  CHECK_THAT(sentence(minimum), ContainsSubstring("no k meets this bound"));
  CHECK_FALSE(find_minimum({}, eps).feasible);
}

TEST_CASE("results.json has the agreed names, and null for what is infeasible or unknown") {
  const parsae::test::TemporaryFolder folder;
  Results results;
  results.grid = u_shape();
  results.grid.push_back(infeasible(32, 1, 0));
  results.grid.back().fvu = std::numeric_limits<double>::quiet_NaN();
  results.minimum = {find_minimum(results.grid, eps), find_minimum(results.grid, 0.1)};
  results.references = {{"raw pixels", eps, 312.5, 3, true, "entropy coded"},
                        {"nearest digit", eps, 15.9, 0, false, ""}};
  results.settings = {{"widths", "512"}};
  results.seconds = 12.5;
  write_results_json(folder / "results.json", results);

  const nlohmann::json json = nlohmann::json::parse(content_of(folder / "results.json"));
  CHECK(json.size() == 5);
  CHECK(json.at("seconds") == 12.5);
  CHECK(json.at("settings").at("widths") == "512");
  REQUIRE(json.at("grid").size() == 9);
  const nlohmann::json& first = json.at("grid")[0];
  CHECK(first == nlohmann::json({{"width", 512},
                                 {"k", 2},
                                 {"seed", 0},
                                 {"l0", 2.0},
                                 {"fvu", 0.3},
                                 {"dead_fraction", 0.0},
                                 {"eps", 0.4},
                                 {"bits_codes", 10.0},
                                 {"bits_codes_only", 10.0},
                                 {"bits_dictionary", 50.0},
                                 {"bits_total", 60.0},
                                 {"code_bins", 5},
                                 {"dictionary_bits", 6},
                                 {"feasible", true}}));
  const nlohmann::json& last = json.at("grid")[8];
  for (const char* name : {"fvu", "bits_codes", "bits_dictionary", "bits_total", "code_bins", "dictionary_bits"})
    CHECK(last.at(name).is_null());
  CHECK(last.at("feasible") == false);
  CHECK(json.at("minimum")[0] == nlohmann::json({{"eps", 0.4},
                                                 {"interior", true},
                                                 {"margin_bits", 19.5},
                                                 {"seed_spread_bits", 3.0},
                                                 {"width", 128},
                                                 {"k", 4},
                                                 {"bits_total", 41.5},
                                                 {"codes_only_interior", false}}));
  CHECK(json.at("minimum")[1].at("bits_total").is_null());
  CHECK(json.at("minimum")[1].at("k").is_null());
  CHECK(json.at("references")[0].at("bits") == 312.5);
  CHECK(json.at("references")[1].at("bits").is_null());
}

TEST_CASE("results.csv has a header and one line a row, with empty fields for null") {
  const parsae::test::TemporaryFolder folder;
  write_results_csv(folder / "results.csv", {row(512, 2, 3, 10, 50), infeasible(32, 1, 0)});
  CHECK(content_of(folder / "results.csv") ==
        "width,k,seed,l0,fvu,dead_fraction,eps,bits_codes,bits_codes_only,bits_dictionary,bits_total,code_bins,"
        "dictionary_bits,feasible\n"
        "512,2,3,2.0,0.3,0.0,0.4,10.0,10.0,50.0,60.0,5,6,true\n"
        "32,1,0,1.0,0.3,0.0,0.4,,,,,,,false\n");
}

TEST_CASE("a point of the envelope names a seed at which its width is best") {
  // Width 64 wins at seeds 2 and 3, width 32 at seed 1: pictures of width 64 must not be drawn from seed 1.
  std::vector<GridRow> grid{row(32, 2, 1, 10, 1), row(64, 2, 1, 20, 1), row(32, 2, 2, 20, 1),
                            row(64, 2, 2, 10, 1), row(32, 2, 3, 20, 1), row(64, 2, 3, 10, 1)};
  const std::vector<EnvelopePoint> points = lower_envelope(grid, eps, Message::DictionaryAndCodes);
  REQUIRE(points.size() == 1);
  CHECK(points[0].width == 64);
  CHECK(points[0].seed == 2);
}

TEST_CASE("codes alone are judged by the fewest bits that codes can need") {
  GridRow wide = row(512, 2, 1, 20, 50);
  wide.bits_codes_only = 15;
  const std::vector<EnvelopePoint> codes = lower_envelope({wide}, eps, Message::CodesOnly);
  const std::vector<EnvelopePoint> total = lower_envelope({wide}, eps, Message::DictionaryAndCodes);
  CHECK(codes.at(0).bits == 15);
  CHECK(total.at(0).bits == 70);
}

}  // namespace mnist_mdl_results_test
