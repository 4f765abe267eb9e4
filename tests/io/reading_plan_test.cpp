// SPDX-License-Identifier: MIT
#include <parsae/io/reading_plan.hpp>

#include <support/catch.hpp>

#include <initializer_list>
#include <utility>
#include <vector>

namespace reading_plan_test {

using namespace parsae;

namespace {

Buffer<Index> buffer_of(std::initializer_list<Index> values) {
  Buffer<Index> buffer;
  for (const Index value : values) buffer.push_back(value);
  return buffer;
}

/// File and row of everything that is read, at most `most` at a time and `limit` in all.
std::vector<std::pair<Index, Index>> rows_of(ReadingPlan plan, Index most, std::size_t limit = 1000) {
  std::vector<std::pair<Index, Index>> rows;
  for (RowRun run = plan.next(most); run.count > 0 && rows.size() < limit; run = plan.next(most)) {
    CHECK(run.count <= most);
    for (Index i = 0; i < run.count; ++i) rows.emplace_back(run.file, run.first_row + i);
  }
  return rows;
}

using Rows = std::vector<std::pair<Index, Index>>;

}  // namespace

TEST_CASE("a plan reads single rows of a pass, then all from a row on, then the passes that follow") {
  const Buffer<Index> n_rows = buffer_of({3, 4});
  const ShardSettings settings{.epochs = 3, .order = ShardSettings::Order::Sequential};
  const Rows whole{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {1, 3}};
  Rows expected{{0, 0}, {0, 2}, {1, 0}, {1, 1}, {1, 3}};
  expected.insert(expected.end(), whole.begin(), whole.end());
  for (const Index most : {1, 2, 3, 100}) {
    const ReadingPlan plan(n_rows, settings, {.pass = 1, .rows = buffer_of({0, 2, 3, 4}), .next_row = 6});
    CHECK(rows_of(plan, most) == expected);
  }
}

TEST_CASE("a plan comes to an end with the last pass, or never") {
  const Buffer<Index> n_rows = buffer_of({2});
  CHECK(rows_of({n_rows, {.epochs = 2}, {.pass = 0, .rows = {}, .next_row = 0}}, 5).size() == 4);
  CHECK(rows_of({n_rows, {.epochs = 2}, {.pass = 1, .rows = {}, .next_row = 2}}, 5).empty());
  CHECK(rows_of({n_rows, {.epochs = 0}, {.pass = 0, .rows = {}, .next_row = 0}}, 5, 500).size() == 500);
}

TEST_CASE("passes of a shuffled plan are those of ShardPass") {
  const Buffer<Index> n_rows = buffer_of({2, 3, 1, 4});
  const ShardSettings settings{.epochs = 4, .order = ShardSettings::Order::Shuffled, .seed = 9};
  Rows expected;
  for (std::int64_t pass = 0; pass < 4; ++pass) {
    const ShardPass layout(n_rows.slice(), settings.order, settings.seed, pass);
    for (Index row = 0; row < layout.n_rows(); ++row) {
      expected.emplace_back(layout.locate(row).file, layout.locate(row).first_row);
    }
  }
  CHECK(rows_of({n_rows, settings, {.pass = 0, .rows = {}, .next_row = 0}}, 3) == expected);
}

}  // namespace reading_plan_test
