// SPDX-License-Identifier: MIT
#include <parsae/io/shard_report.hpp>

#include <support/catch.hpp>

namespace shard_report_test {

using namespace parsae;

TEST_CASE("a report names the files with rows that were left out") {
  ShardReport report;
  report.files.push_back({.path = "a.npy", .n_rows = 10, .counts = {.handed_out = 10}});
  CHECK(report.text().empty());
  report.files.push_back({.path = "b.npy", .n_rows = 10, .counts = {.handed_out = 6, .not_finite = 3, .outliers = 1}});
  CHECK(report.files[1].counts.read() == 10);
  CHECK(report.files[1].counts.skipped() == 4);
  CHECK(report.text() == "b.npy: skipped 4 of 10 rows (3 not finite, 1 with an outlying norm)\n");
}

}  // namespace shard_report_test
