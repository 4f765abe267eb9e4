// SPDX-License-Identifier: MIT
#include <parsae/io/row_stream.hpp>

#include <io/memory_rows.hpp>
#include <support/catch.hpp>

#include <chrono>
#include <limits>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace row_stream_test {

using namespace parsae;

namespace {

ReadingPlan plan_of(const std::vector<std::unique_ptr<RowFile>>& files, Index epochs) {
  Buffer<Index> n_rows;
  for (const auto& file : files) n_rows.push_back(file->n_rows());
  return {n_rows, {.epochs = epochs, .order = ShardSettings::Order::Sequential}, {}};
}

}  // namespace

TEST_CASE("a stream gives the rows of its plan in order, many times what it holds") {
  constexpr Index n_inputs = 3000;  // 87 rows a chunk
  const auto files = test::numbered_files({1000, 1, 2000}, n_inputs);
  RowStream stream(files, plan_of(files, 2), RowFilter());
  for (int pass = 0; pass < 2; ++pass) {
    for (Index i = 0; i < 3001; ++i) {
      const auto row = stream.next();
      REQUIRE(row.has_value());
      REQUIRE(row->values.size() == n_inputs);
      REQUIRE(row->values[0] == static_cast<float>(i));
      REQUIRE(row->verdict == RowFilter::Verdict::Kept);
    }
  }
  CHECK_FALSE(stream.next().has_value());
  CHECK_FALSE(stream.next().has_value());
}

TEST_CASE("a row stays what it is while the thread reads ahead as far as it may") {
  const auto files = test::numbered_files({3000}, 3000);  // 34 chunks of 87 rows
  RowStream stream(files, plan_of(files, 1), RowFilter());
  for (Index i = 0; i < 100; ++i) static_cast<void>(stream.next());
  const auto row = stream.next();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(row->values[0] == 100);
  CHECK(stream.next()->values[0] == 101);
}

TEST_CASE("rows are judged") {
  Matrix<float> samples = Matrix<float>::Ones(4, 3);
  samples(2, 1) = std::numeric_limits<float>::quiet_NaN();
  samples(0, 2) = 100;
  std::vector<std::unique_ptr<RowFile>> files;
  files.push_back(std::make_unique<test::MemoryRows>("file", samples));
  RowStream stream(files, plan_of(files, 1), RowFilter(10));
  CHECK(stream.next()->verdict == RowFilter::Verdict::Kept);
  CHECK(stream.next()->verdict == RowFilter::Verdict::NotFinite);
  CHECK(stream.next()->verdict == RowFilter::Verdict::Outlier);
}

TEST_CASE("what reading throws arrives in its place, and again when asked again") {
  auto files = test::numbered_files({200, 200});
  dynamic_cast<test::MemoryRows&>(*files[1]).broken_row = 10;
  RowStream stream(files, plan_of(files, 1), RowFilter());
  for (Index i = 0; i < 200; ++i) REQUIRE(stream.next()->values[0] == static_cast<float>(i));
  CHECK_THROWS_AS(stream.next(), FileError);
  CHECK_THROWS_AS(stream.next(), FileError);
}

TEST_CASE("a stream that nobody reads to the end stops") {
  auto files = test::numbered_files({5000, 5000}, 1000);
  dynamic_cast<test::MemoryRows&>(*files[0]).delay = std::chrono::microseconds(200);
  {
    RowStream stream(files, plan_of(files, 0), RowFilter());
    for (int i = 0; i < 3; ++i) CHECK(stream.next().has_value());
  }
  { const RowStream stream(files, plan_of(files, 0), RowFilter()); }
  // At most eight chunks of a mebibyte were read ahead each time.
  CHECK(dynamic_cast<test::MemoryRows&>(*files[0]).read_rows.size() <= 2 * 9 * 263);
}

}  // namespace row_stream_test
