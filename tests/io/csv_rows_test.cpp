// SPDX-License-Identifier: MIT
#include <parsae/io/csv_rows.hpp>

#include <io/damaged_file.hpp>
#include <io/gzip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace csv_rows_test {

using namespace parsae;
using Header = RowFileSettings::CsvHeader;

namespace {

std::vector<float> read(RowFile& rows, Index first, Index count) {
  std::vector<float> values(static_cast<std::size_t>(count * rows.n_inputs()));
  rows.read(first, Slice<float>(values.data(), count * rows.n_inputs()));
  return values;
}

std::vector<float> all_of(const test::TemporaryFolder& folder, const std::string& content,
                          const RowFileSettings& settings = {}) {
  CsvRows rows(test::make_file(folder / "file.csv", content), settings, ',');
  return read(rows, 0, rows.n_rows());
}

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content,
                     const RowFileSettings& settings = {}) {
  const auto path = test::make_file(folder / "file.csv", content);
  return test::refusal(path, [&] { (void)all_of(folder, content, settings); });
}

using Values = std::vector<float>;

}  // namespace

TEST_CASE("numbers are read in the ways that people write them") {
  const test::TemporaryFolder folder;
  CHECK(all_of(folder, "1,2\n3,4\n") == Values{1, 2, 3, 4});
  CHECK(all_of(folder, "1,2\r\n3,4") == Values{1, 2, 3, 4});
  CHECK(all_of(folder, "+1.5, -2e-3 ,\"7\",\" 8 \",.5,1e10\n") == Values{1.5f, -2e-3f, 7, 8, 0.5f, 1e10f});
  CHECK(all_of(folder,
               "\xef\xbb\xbf"
               "1,2\n") == Values{1, 2});
  CHECK(all_of(folder, "1\n2\n\n\n") == Values{1, 2});
  CHECK(all_of(folder, "0.1\n") == Values{0.1f});
  CHECK(all_of(folder, "1;2\n", {.csv_delimiter = ';'}) == Values{1, 2});
  CHECK(all_of(folder, "1e300\n") == Values{std::numeric_limits<float>::infinity()});
  const Values special = all_of(folder, "nan,inf,-Inf,NaN\n");
  CHECK(std::isnan(special[0]));
  CHECK(special[1] == std::numeric_limits<float>::infinity());
  CHECK(special[2] == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(special[3]));
}

TEST_CASE("a header line is detected, or present or absent as told") {
  const test::TemporaryFolder folder;
  CHECK(all_of(folder, "x,y\n1,2\n") == Values{1, 2});
  CHECK(all_of(folder, "1,y\n1,2\n") == Values{1, 2});
  CHECK(all_of(folder,
               "\xef\xbb\xbf"
               "x,y\n1,2\n") == Values{1, 2});
  CHECK(all_of(folder, "5,6\n1,2\n", {.csv_header = Header::Present}) == Values{1, 2});
  CHECK(refusal_of(folder, "x,6\n1,2\n", {.csv_header = Header::Absent}).reason() ==
        "line 1, column 1: expected a number, got 'x'");
  CHECK(refusal_of(folder, "x,y\n").reason() == "expected lines of numbers, got none");
}

TEST_CASE("rows are read in any order, plain and compressed") {
  const test::TemporaryFolder folder;
  constexpr Index n_rows = 2000;
  std::string content = "first\tsecond\n";
  for (Index i = 0; i < n_rows; ++i) content += std::to_string(i) + "\t" + std::to_string(-i) + "\n";
  for (const bool is_compressed : {false, true}) {
    CsvRows rows(test::make_file(folder / "file.tsv", is_compressed ? test::gzip(content) : content), {}, '\t');
    CHECK(rows.n_rows() == n_rows);
    CHECK(rows.n_inputs() == 2);
    CHECK(rows.description() ==
          std::string("text (2000, 2), delimiter tab, header line") + (is_compressed ? ", gzip" : ""));
    for (const Index first : {0, 1, 1999, 255, 256, 257, 1000, 5, 1500, 1499}) {
      const auto number = static_cast<float>(first);
      CHECK(read(rows, first, 1) == Values{number, -number});
    }
    const Values all = read(rows, 0, n_rows);
    for (std::size_t i = 0; i < all.size(); ++i)
      REQUIRE(all[i] == (i % 2 == 0 ? 1.0f : -1.0f) * static_cast<float>(i / 2));
  }
}

TEST_CASE("what is not a number is refused by line and column") {
  const test::TemporaryFolder folder;
  const FileError word = refusal_of(folder, "x,y\n1,2\n3,oops\n");
  CHECK(word.reason() == "line 3, column 2: expected a number, got 'oops'");
  CHECK(word.offset() == 8);
  CHECK(refusal_of(folder, "1,2\n3,\n").reason() == "line 2, column 2: expected a number, got an empty cell");
  CHECK(refusal_of(folder, "1,2\n3,4x\n").reason() == "line 2, column 2: expected a number, got '4x'");
  CHECK(refusal_of(folder, "1,2\n3,+-4\n").reason() == "line 2, column 2: expected a number, got '+-4'");
  CHECK(refusal_of(folder, "1\n1e999\n").reason() == "line 2, column 1: expected a number, got '1e999'");
  CHECK(refusal_of(folder, "1\n\x01\xff\n").reason() == "line 2, column 1: expected a number, got '?\?'");
  CHECK(refusal_of(folder, "1\n" + std::string(100, 'x')).reason() ==
        "line 2, column 1: expected a number, got '" + std::string(40, 'x') + "...'");
  const FileError compressed = refusal_of(folder, test::gzip("1,2\n3,oops\n"));
  CHECK(compressed.reason() == "line 2, column 2: expected a number, got 'oops'");
  CHECK_FALSE(compressed.offset().has_value());
}

TEST_CASE("after a refused row the others can still be read") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file.csv", "1\n2\noops\n4\n");
  CsvRows rows(path, {}, ',');
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_AS(read(rows, 1, 2), FileError);
    CHECK(read(rows, 3, 1) == Values{4});
    CHECK(read(rows, 0, 2) == Values{1, 2});
  }
}

TEST_CASE("ragged and empty files are refused when they are opened") {
  const test::TemporaryFolder folder;
  CHECK(refusal_of(folder, "1,2\n3\n").reason() == "line 2: expected 2 cells as in line 1, got 1");
  CHECK(refusal_of(folder, "a,b\n1,2\n3,4,5\n").reason() == "line 3: expected 2 cells as in line 2, got 3");
  CHECK(refusal_of(folder, "1\n\n2\n").reason() == "line 2: expected a row, got an empty line");
  CHECK(refusal_of(folder, "1\n\n\n2\n").reason() == "line 2: expected a row, got an empty line");
  CHECK(refusal_of(folder, "1\t2\n \t\n", {.csv_delimiter = '\t'}).reason() ==
        "line 2, column 1: expected a number, got an empty cell");
  CHECK(refusal_of(folder, "").reason() == "expected lines of numbers, got an empty file");
  CHECK(refusal_of(folder, "\n\n").reason() == "expected lines of numbers, got none");
  CHECK_THROWS_AS(CsvRows(test::make_file(folder / "file.csv", "1\n"), {.csv_delimiter = '.'}, ','),
                  std::invalid_argument);
}

TEST_CASE("compressed numbers cut anywhere are refused") {
  const test::TemporaryFolder folder;
  test::check_every_truncation(folder / "file.csv.gz", test::gzip("1,2\n3,4\n5,6\n"),
                               [](const std::filesystem::path& path) {
                                 CsvRows rows(path, {}, ',');
                                 (void)read(rows, 0, rows.n_rows());
                               });
}

}  // namespace csv_rows_test
