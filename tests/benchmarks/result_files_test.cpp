// SPDX-License-Identifier: MIT
#include "../../benchmarks/measure/result_files.hpp"

#include <support/catch.hpp>

#include <filesystem>

namespace result_files_test {

using parsae_benchmarks::ResultFiles;

TEST_CASE("the folder names what has no name, and nothing else") {
  ResultFiles files;
  files.finish();
  CHECK(files.json.empty());
  CHECK(files.html.empty());
  CHECK(files.hint() == "; --out FOLDER draws charts");
  files.out = "folder";
  files.html = "mine.html";
  files.finish();
  CHECK(files.json == std::filesystem::path("folder") / "results.json");
  CHECK(files.html == "mine.html");
  CHECK(files.hint() == ": mine.html");
}

}  // namespace result_files_test
