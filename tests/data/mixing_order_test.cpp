// SPDX-License-Identifier: MIT
#include <parsae/data/mixing_order.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace mixing_order_test {

using namespace parsae;

namespace {

const Random random_stream(7, Draws::Mixing, 3);

std::vector<Index> rows_of(Index n_rows, Index buffer_rows, const Random& random = random_stream) {
  MixingOrder order(n_rows, buffer_rows, random);
  std::vector<Index> rows;
  while (!order.is_finished()) rows.push_back(order.next().row);
  return rows;
}

}  // namespace

TEST_CASE("every row leaves once, whatever the sizes") {
  for (Index n_rows = 1; n_rows < 40; ++n_rows) {
    for (Index buffer_rows = 1; buffer_rows < 45; ++buffer_rows) {
      std::vector<Index> rows = rows_of(n_rows, buffer_rows);
      std::sort(rows.begin(), rows.end());
      REQUIRE(static_cast<Index>(rows.size()) == n_rows);
      for (Index row = 0; row < n_rows; ++row) REQUIRE(rows[static_cast<std::size_t>(row)] == row);
    }
  }
}

TEST_CASE("slots always hold the rows that have arrived and not left") {
  for (const Index n_rows : {1, 5, 23, 40, 41, 100}) {
    MixingOrder order(n_rows, 10, random_stream);
    std::vector<Index> slot_row(static_cast<std::size_t>(order.n_slots()));
    for (Index slot = 0; slot < order.n_slots(); ++slot) slot_row[static_cast<std::size_t>(slot)] = slot;
    Index arrived = order.n_slots();
    for (Index step = 0; step < n_rows; ++step) {
      REQUIRE(order.n_left() == step);
      REQUIRE(order.n_arrived() == arrived);
      const MixingOrder::Step next = order.next();
      Index& row = slot_row[static_cast<std::size_t>(next.slot)];
      REQUIRE(next.row == row);
      REQUIRE(next.refilled.has_value() == (arrived < n_rows));
      row = next.refilled.value_or(-1);
      if (next.refilled) REQUIRE(*next.refilled == arrived++);
      REQUIRE(std::equal(slot_row.begin(), slot_row.end(), order.rows().begin()));
    }
    CHECK(order.is_finished());
  }
}

TEST_CASE("a buffer of one row leaves the order as it is") {
  const std::vector<Index> rows = rows_of(50, 1);
  CHECK(std::is_sorted(rows.begin(), rows.end()));
}

TEST_CASE("half of the buffer leaves before any row that arrived in the same round") {
  const std::vector<Index> rows = rows_of(1000, 100);
  for (std::size_t step = 0; step < rows.size(); ++step) {
    const auto round = static_cast<Index>(step) / 50;
    CHECK(rows[step] < 100 + 50 * round);
  }
  // Rows are far from their places, and late ones do not leave early.
  double distance = 0;
  for (std::size_t step = 0; step < rows.size(); ++step)
    distance += std::abs(static_cast<double>(rows[step]) - static_cast<double>(step)) / 1000;
  CHECK(distance > 25);
}

TEST_CASE("a buffer that takes all rows leaves them in an order of no preference") {
  constexpr Index n_rows = 6;
  std::vector<std::vector<int>> count(n_rows, std::vector<int>(n_rows));
  for (std::uint64_t stream = 0; stream < 3000; ++stream) {
    const std::vector<Index> rows = rows_of(n_rows, 100, Random(1, Draws::Mixing, stream));
    for (std::size_t place = 0; place < rows.size(); ++place) ++count[place][static_cast<std::size_t>(rows[place])];
  }
  for (const std::vector<int>& place : count)
    for (const int n : place) CHECK(std::abs(n - 500) < 110);  // five standard deviations
}

TEST_CASE("the order depends on the random stream alone") {
  CHECK(rows_of(300, 64) == rows_of(300, 64));
  CHECK(rows_of(300, 64) != rows_of(300, 64, Random(7, Draws::Mixing, 4)));
  CHECK(rows_of(300, 64) != rows_of(300, 64, Random(8, Draws::Mixing, 3)));
  CHECK(rows_of(300, 64) != rows_of(300, 65));
  CHECK_THROWS_AS(MixingOrder(0, 1, random_stream), std::invalid_argument);
  CHECK_THROWS_AS(MixingOrder(1, 0, random_stream), std::invalid_argument);
}

}  // namespace mixing_order_test
