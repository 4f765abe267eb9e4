// SPDX-License-Identifier: MIT
#include <parsae/core/file_error.hpp>

#include <support/catch.hpp>
#include <support/result_file.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace result_file_test {

using namespace parsae_examples;

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a result file makes its folder and takes the place of an old one") {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "new" / "deep" / "results.json";
  write_whole_file(path, "first, longer");
  write_whole_file(path, "second");
  CHECK(content_of(path) == "second");
}

TEST_CASE("a result file that cannot be written is an error, and the old one stays whole") {
  const parsae::test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "results.json" / "in the way");
  CHECK_THROWS_AS(write_whole_file(folder / "results.json", "x"), parsae::FileError);
  CHECK(std::filesystem::is_directory(folder / "results.json" / "in the way"));
}

TEST_CASE("a JSON file is indented, and holds what is not UTF-8") {
  const parsae::test::TemporaryFolder folder;
  write_json_file(folder / "results.json", {{"name", "a\xFF"}, {"n", 1}});
  CHECK(content_of(folder / "results.json") == "{\n \"name\": \"a\xEF\xBF\xBD\",\n \"n\": 1\n}\n");
}

TEST_CASE("what JSON cannot say is null") {
  CHECK(number_or_null(0.5) == 0.5);
  CHECK(number_or_null(0.5, false).is_null());
  CHECK(number_or_null(std::nan("")).is_null());
  CHECK(number_or_null(-std::numeric_limits<double>::infinity()).is_null());
}

}  // namespace result_file_test
