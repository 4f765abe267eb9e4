// SPDX-License-Identifier: MIT
#include <parsae/sparse/packed_row.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <vector>

namespace packed_row_test {

using namespace parsae;

namespace {

/// None, all, each alone, and many mixtures, of `width` places.
std::vector<std::uint32_t> patterns(Index width) {
  const auto all = static_cast<std::uint32_t>((std::uint64_t{1} << width) - 1);
  std::vector<std::uint32_t> patterns{0, all, all & 0x55555555U, all & 0xAAAAAAAAU};
  for (Index j = 0; j < width; ++j) patterns.push_back(1U << j);
  std::uint32_t mixed = 1;
  for (int n = 0; n < 200; ++n) patterns.push_back(all & (mixed = 1664525U * mixed + 1013904223U));
  return patterns;
}

}  // namespace

TEMPLATE_TEST_CASE("rows are packed and unpacked, and nothing beside them is read or written", "", float, double) {
  using Row = PackedRow<TestType>;
  const Matrix<TestType> row = test::random_matrix<TestType>(Row::width, 1, 1);
  for (const std::uint32_t bits : patterns(Row::width)) {
    std::vector<TestType> expected;
    for (Index j = 0; j < Row::width; ++j)
      if ((bits >> j & 1U) != 0) expected.push_back(row(j));
    const Index n = static_cast<Index>(expected.size());
    CAPTURE(bits);

    std::vector<TestType> packed(expected.size());  // of just that size: a sanitizer sees what is beyond
    Row::pack(row.data(), bits, packed.data());
    CHECK(packed == expected);
    std::vector<TestType> copied(expected.size());
    Row::copy(packed.data(), n, copied.data());
    CHECK(copied == expected);
    std::vector<TestType> guarded(expected.size() + 40, TestType(7));
    Row::pack(row.data(), bits, guarded.data());
    Row::copy(expected.data(), n, guarded.data());
    CHECK(std::vector<TestType>(guarded.begin() + n, guarded.end()) == std::vector<TestType>(40, TestType(7)));

    Matrix<TestType> unpacked = Matrix<TestType>::Constant(Row::width, 1, 9);
    Row::unpack(packed.data(), bits, unpacked.data());
    for (Index j = 0; j < Row::width; ++j) CHECK(unpacked(j) == ((bits >> j & 1U) != 0 ? row(j) : TestType(0)));
  }
}

TEST_CASE("the places of bits, and nothing behind them") {
  for (const std::uint32_t bits : patterns(32)) {
    std::vector<std::int32_t> expected;
    for (int j = 0; j < 32; ++j)
      if ((bits >> j & 1U) != 0) expected.push_back(100 + j);
    std::vector<std::int32_t> ids(expected.size());
    PackedRow<float>::ids(bits, 100, ids.data());
    CHECK(ids == expected);
  }
}

TEMPLATE_TEST_CASE("above means more than the threshold, and is never true of NaN", "", float, double) {
  using Row = PackedRow<TestType>;
  constexpr TestType infinity = std::numeric_limits<TestType>::infinity();
  const TestType values[] = {
      TestType(0.5), 1, 2, -1, infinity, -infinity, std::numeric_limits<TestType>::quiet_NaN(), 1};
  std::vector<TestType> row(std::size_t{Row::width});
  std::uint32_t expected = 0;
  for (Index j = 0; j < Row::width; ++j) {
    row[static_cast<std::size_t>(j)] = values[j * 3 % 8];
    expected |= static_cast<std::uint32_t>(values[j * 3 % 8] > 1) << j;
  }
  CHECK(Row::above(row.data(), 1) == expected);
}

}  // namespace packed_row_test
