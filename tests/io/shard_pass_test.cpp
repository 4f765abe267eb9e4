// SPDX-License-Identifier: MIT
#include <parsae/io/shard_pass.hpp>

#include <support/catch.hpp>

#include <set>
#include <vector>

namespace shard_pass_test {

using namespace parsae;

namespace {

const std::vector<Index> rows_of_files{3, 0, 5, 1, 4};

ShardPass pass_of(ShardSettings::Order order, std::uint64_t seed, std::int64_t pass) {
  return {Slice<const Index>(rows_of_files.data(), 5), order, seed, pass};
}

std::vector<Index> files_in_order(const ShardPass& pass) {
  std::vector<Index> files;
  for (Index row = 0; row < pass.n_rows();) {
    const RowRun run = pass.locate(row);
    files.push_back(run.file);
    row += run.count;
  }
  return files;
}

}  // namespace

TEST_CASE("a sequential pass goes through the files as they are given") {
  const ShardPass pass = pass_of(ShardSettings::Order::Sequential, 1, 2);
  CHECK(pass.n_rows() == 13);
  CHECK(files_in_order(pass) == std::vector<Index>{0, 2, 3, 4});
  const RowRun run = pass.locate(5);
  CHECK(run.file == 2);
  CHECK(run.first_row == 2);
  CHECK(run.count == 3);
  CHECK(pass.locate(12).first_row == 3);
}

TEST_CASE("a shuffled pass has every row once, and each seed and pass an order of its own") {
  std::set<std::vector<Index>> orders;
  for (std::int64_t pass = 0; pass < 20; ++pass) {
    const ShardPass shuffled = pass_of(ShardSettings::Order::Shuffled, 5, pass);
    std::set<std::pair<Index, Index>> seen;
    for (Index row = 0; row < shuffled.n_rows(); ++row) {
      const RowRun run = shuffled.locate(row);
      CHECK(run.first_row + run.count == rows_of_files[static_cast<std::size_t>(run.file)]);
      seen.insert({run.file, run.first_row});
    }
    CHECK(seen.size() == 13);
    orders.insert(files_in_order(shuffled));
    CHECK(files_in_order(shuffled) == files_in_order(pass_of(ShardSettings::Order::Shuffled, 5, pass)));
  }
  CHECK(orders.size() > 8);
}

}  // namespace shard_pass_test
