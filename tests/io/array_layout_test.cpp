// SPDX-License-Identifier: MIT
#include <parsae/io/array_layout.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace array_layout_test {

using namespace parsae;

namespace {

constexpr std::array<Index, 3> shape{4, 2, 3};

ArrayLayout layout_of(ArrayLayout::Order order) {
  return {{ElementKind::U8}, Slice<const Index>(shape.data(), 3), order};
}

/// Element (i, a, b) has the value 10 i + 3 a + b.
std::vector<std::uint8_t> content(ArrayLayout::Order order) {
  std::vector<std::uint8_t> bytes(24);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t a = 0; a < 2; ++a)
      for (std::size_t b = 0; b < 3; ++b)
        bytes[order == ArrayLayout::Order::C ? (i * 2 + a) * 3 + b : i + 4 * (a + 2 * b)] =
            static_cast<std::uint8_t>(10 * i + 3 * a + b);
  return bytes;
}

}  // namespace

TEST_CASE("rows of both orders are the same samples") {
  for (const ArrayLayout::Order order : {ArrayLayout::Order::C, ArrayLayout::Order::Fortran}) {
    const ArrayLayout layout = layout_of(order);
    CHECK(layout.n_rows() == 4);
    CHECK(layout.n_inputs() == 6);
    CHECK(layout.n_bytes() == 24);
    const std::vector<std::uint8_t> bytes = content(order);
    const auto* const data = reinterpret_cast<const std::byte*>(bytes.data());
    std::vector<float> rows(12);
    layout.read_rows(data, 1, Slice<float>(rows.data(), 12));
    CHECK(rows == std::vector<float>{10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25});
    std::vector<float> two_inputs(12, -1);
    layout.read_inputs(data, 1, 2, 2, Slice<float>(two_inputs.data(), 12));
    CHECK(two_inputs == std::vector<float>{-1, -1, 12, 13, -1, -1, -1, -1, 22, 23, -1, -1});
    for (Index row = 0; row < 4; ++row)
      for (Index input = 0; input < 6; ++input)
        CHECK(bytes[static_cast<std::size_t>(layout.offset(row, input))] == 10 * row + input);
  }
}

TEST_CASE("rows in C order lie together, in Fortran order everywhere") {
  const ArrayLayout::Extent together = layout_of(ArrayLayout::Order::C).extent(1, 2);
  CHECK(together.begin == 6);
  CHECK(together.size == 12);
  const ArrayLayout::Extent apart = layout_of(ArrayLayout::Order::Fortran).extent(1, 2);
  CHECK(apart.begin == 0);
  CHECK(apart.size == 24);
}

TEST_CASE("arrays without elements have a layout, those of one dimension have not") {
  const std::array<Index, 2> no_rows{0, 1'000'000'000'000};
  const ArrayLayout empty({ElementKind::F32}, Slice<const Index>(no_rows.data(), 2), ArrayLayout::Order::Fortran);
  CHECK(empty.n_rows() == 0);
  CHECK(empty.n_bytes() == 0);
  CHECK_THROWS_AS(ArrayLayout({ElementKind::F32}, Slice<const Index>(shape.data(), 1), ArrayLayout::Order::C),
                  std::invalid_argument);
}

TEST_CASE("a layout describes itself") {
  CHECK(layout_of(ArrayLayout::Order::C).description() == "'|u1' (4, 2, 3), C order");
  CHECK(layout_of(ArrayLayout::Order::Fortran).description() == "'|u1' (4, 2, 3), Fortran order");
}

}  // namespace array_layout_test
