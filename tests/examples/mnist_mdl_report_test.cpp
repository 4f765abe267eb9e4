// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../examples/mnist_mdl/report.hpp"

namespace mnist_mdl_report_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

ReportInput small_input() {
  ReportInput input;
  for (const Index k : {1, 2, 4}) {
    GridRow row;
    row.width = 32;
    row.k = k;
    row.l0 = static_cast<double>(k);
    row.eps = 0.4;
    row.bits_codes = row.bits_codes_only = k == 2 ? 20 : 40;
    row.bits_total = row.bits_codes + 3;
    row.feasible = true;
    input.results.grid.push_back(row);
  }
  input.results.minimum = {find_minimum(input.results.grid, 0.4)};
  input.results.references = {{"raw <pixels>", 0.4, 300, 3, true, "a & b"}};
  input.command = "./examples/run mnist_mdl --out \"a b\"";
  TileSheet sheet;
  sheet.role = "chosen";
  sheet.width = 32;
  sheet.k = 2;
  sheet.eps = 0.4;
  Tile tile;
  tile.latent = 17;
  tile.weights.assign(784, 0.5F);
  tile.density = 0.5;
  sheet.tiles = {tile};
  input.sheets = {sheet};
  Reconstruction reconstruction;
  reconstruction.original.assign(784, 0.0F);
  DecodedImage decoded;
  decoded.reconstruction.assign(784, 1.0F);
  decoded.code = {{17, 1.25F}};
  reconstruction.decoded = {decoded};
  input.reconstructions = {reconstruction};
  return input;
}

std::string page_of(const ReportInput& input) {
  const parsae::test::TemporaryFolder folder;
  write_report(folder / "report.html", input);
  std::ifstream file(folder / "report.html");
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

TEST_CASE("the page holds its answer, both charts, every picture and nothing from outside") {
  const ReportInput input = small_input();
  const std::string page = page_of(input);
  CHECK_THAT(page, ContainsSubstring("the fewest bits explain a digit at k = 2 of 32 latents: 23.0 bits an image"));
  CHECK_THAT(page, ContainsSubstring(sentence(input.results.minimum[0])));
  CHECK(count_of(page, "<svg") == 2);
  CHECK(count_of(page, "src=\"data:image/png;base64,") == 4);  // sheet, digit, reconstruction, one tile of a code
  CHECK(count_of(page, "<img") == 4);
  CHECK_THAT(page, ContainsSubstring("latent 17"));
  CHECK(count_of(page, "http") == 0);
  CHECK(count_of(page, "<script") == 0);
}

TEST_CASE("words of others cannot become markup") {
  const std::string page = page_of(small_input());
  CHECK(count_of(page, "raw <pixels>") == 0);
  CHECK_THAT(page, ContainsSubstring("raw &lt;pixels&gt;"));
  CHECK_THAT(page, ContainsSubstring("--out &quot;a b&quot;"));
}

TEST_CASE("a run without results still has a page") {
  CHECK_THAT(page_of(ReportInput{}), ContainsSubstring("stopped before it had a result"));
}

TEST_CASE("pictures of a wrong size or number are refused") {
  ReportInput input = small_input();
  input.sheets[0].tiles[0].weights.pop_back();
  CHECK_THROWS_AS(page_of(input), std::invalid_argument);
  input = small_input();
  input.reconstructions[0].decoded.clear();
  CHECK_THROWS_AS(page_of(input), std::invalid_argument);
}

TEST_CASE("effective pixels: one for a point, n for n equal sizes, zero for nothing") {
  CHECK_THAT(effective_pixels({0, 3, 0}), WithinAbs(1, 1e-9));
  CHECK_THAT(effective_pixels({2, -2, 2, 0}), WithinAbs(3, 1e-9));
  CHECK(effective_pixels({0, 0}) == 0);
  CHECK_THAT(effective_pixels({1, 2}), WithinAbs(25.0 / 17, 1e-9));
}

TEST_CASE("the nearest cosine is 1 for an image less the mean, at any block boundary") {
  parsae::Matrix<float> images(3, 1100);
  for (Index i = 0; i < images.size(); ++i) images.data()[i] = static_cast<float>((i * 7919) % 101) / 101;
  const parsae::Vector<float> mean = images.rowwise().mean();
  parsae::Matrix<float> dictionary(3, 3);
  dictionary.col(0) = 4 * (images.col(1099) - mean);
  dictionary.col(1) = images.col(513) - mean;
  dictionary.col(2).setZero();
  const std::vector<double> cosines = nearest_cosines(dictionary, images);
  CHECK_THAT(cosines[0], WithinAbs(1, 1e-5));
  CHECK_THAT(cosines[1], WithinAbs(1, 1e-5));
  CHECK(cosines[2] == 0);

  parsae::Matrix<float> opposite(2, 2);
  opposite << 1, -1, 0, 0;  // mean 0
  parsae::Matrix<float> upward(2, 1);
  upward << 0, 1;
  CHECK_THAT(nearest_cosines(upward, opposite)[0], WithinAbs(0, 1e-6));
  CHECK_THROWS_AS(nearest_cosines(upward, images), std::invalid_argument);
}

}  // namespace mnist_mdl_report_test
