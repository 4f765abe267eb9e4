// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <fstream>
#include <sstream>
#include <string>

#include "../../benchmarks/description_length/report.hpp"

namespace description_length_report_test {

namespace {

using namespace parsae_benchmarks::description_length;
using Catch::Matchers::ContainsSubstring;

Results two_families() {
  Results results;
  results.command = "run <it>";
  results.n_planned_rows = 4;
  results.is_complete = false;
  double bits = 80;
  for (const char* family : {"one", "two"}) {
    EqualFvuRow row;
    row.family = family;
    row.fvu = 0.06;
    row.learning_rate = 0.02;
    row.allowed_rise = allowed_rises[1];
    row.tried_rates = {{0.02, bits}, {0.04, bits + 1}};
    for (const double off : {-1.0, 0.0, 1.0}) {
      row.seeds.push_back({.fvu = 0.06, .bits_presence = bits + off - 20, .bits_value = 20, .l0 = 12});
      row.parameters.push_back(3e-4);
    }
    results.rows.push_back(row);
    PointRow point;
    point.family = family;
    point.learning_rate = 0.02;
    point.seed = 1;
    point.parameter = 16;
    point.trained.test[1] = row.seeds.front();
    results.points.push_back(point);
    bits = 100;
  }
  return results;
}

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the verdict names the shortest and by how much others are longer") {
  const Results results = two_families();
  CHECK(verdict(results.rows, 0.06) == "At FVU 0.06, one needs the fewest bits a sample: 80.0; two 25.0 % more.");
  CHECK(verdict(results.rows, 0.1) == "At FVU 0.1, no family got there.");
  CHECK_THAT(results_text(results), ContainsSubstring("0.0003") && ContainsSubstring("80.00") &&
                                        ContainsSubstring("100.00") && ContainsSubstring("0.02 ?"));
  CHECK(results_text(Results()).empty());
}

TEST_CASE("the page holds everything inside, and what was interrupted says so") {
  const parsae::test::TemporaryFolder folder;
  write_report(folder / "report.html", two_families());
  const std::string html = content(folder / "report.html");
  CHECK_THAT(html, ContainsSubstring("<svg") && ContainsSubstring("interrupted: 2 of 4 rows") &&
                       ContainsSubstring("run &lt;it&gt;") && ContainsSubstring("tr class=\"shortest\""));
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("http") == html.find("http://www.w3.org"));  // a name, not an address
  write_report(folder / "empty.html", Results());
  CHECK_THAT(content(folder / "empty.html"), ContainsSubstring("stopped before it had a result"));
}

TEST_CASE("the figures are written as JSON, what is not known as null") {
  const parsae::test::TemporaryFolder folder;
  Results results = two_families();
  results.rows[1].seeds.assign(1, Message());
  results.rows[1].parameters.assign(1, not_known);
  write_json(folder / "results.json", results);
  const auto json = nlohmann::json::parse(content(folder / "results.json"));
  CHECK(json["rows"][0]["bits"] == 80);
  CHECK(json["rows"][0]["bits_std_over_seeds"] == 1);
  CHECK(json["rows"][0]["seeds"][2]["bits"] == 81);
  CHECK(json["rows"][1]["bits"].is_null());
  CHECK(json["points"][0]["test"][1]["bits"] == 79);
  CHECK(json["complete"] == false);
}

}  // namespace description_length_report_test
