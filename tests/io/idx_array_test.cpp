// SPDX-License-Identifier: MIT
#include <parsae/io/idx_array.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <stdexcept>

namespace idx_array_test {

using namespace parsae;

namespace {

IdxArray array_of(IdxType type, std::initializer_list<Index> shape, std::initializer_list<int> bytes) {
  IdxArray array;
  array.type = type;
  for (const Index dimension : shape) array.shape.push_back(dimension);
  for (const int byte : bytes) array.values.push_back(static_cast<std::uint8_t>(byte));
  return array;
}

}  // namespace

TEST_CASE("the first dimension counts the items, the others make one item") {
  CHECK(array_of(IdxType::U8, {2, 3, 4}, {}).n_items() == 2);
  CHECK(array_of(IdxType::U8, {2, 3, 4}, {}).item_size() == 12);
  CHECK(array_of(IdxType::U8, {7}, {}).item_size() == 1);
  CHECK(array_of(IdxType::U8, {0, 3}, {}).n_items() == 0);
}

TEST_CASE("items become scaled columns") {
  const IdxArray images = array_of(IdxType::U8, {2, 1, 3}, {0, 51, 255, 1, 2, 3});
  Matrix<float> expected(3, 2);
  expected << 0.0f, 1.0f / 255, 0.2f, 2.0f / 255, 1.0f, 3.0f / 255;
  CHECK(images.samples<float>(1.0 / 255).isApprox(expected, 1e-7f));
  Matrix<double> unscaled(3, 2);
  unscaled << 0, 1, 51, 2, 255, 3;
  CHECK(images.samples<double>() == unscaled);
}

TEST_CASE("every element type is read with its sign and byte order") {
  const auto first = [](const IdxArray& array) { return array.samples<double>()(0, 0); };
  CHECK(first(array_of(IdxType::U8, {1}, {0xfe})) == 254);
  CHECK(first(array_of(IdxType::I8, {1}, {0xfe})) == -2);
  CHECK(first(array_of(IdxType::I16, {1}, {0xfe, 0x01})) == -511);
  CHECK(first(array_of(IdxType::I32, {1}, {0x01, 0x02, 0x03, 0x04})) == 16909060);
  CHECK(first(array_of(IdxType::F32, {1}, {0xc0, 0x20, 0, 0})) == -2.5);
  CHECK(first(array_of(IdxType::F64, {1}, {0x3f, 0xf8, 0, 0, 0, 0, 0, 1})) == 1.5 + 0x1p-52);
}

TEST_CASE("a scale that gives no finite values is refused") {
  const IdxArray array = array_of(IdxType::F32, {1, 2}, {0, 0, 0, 0, 0x7f, 0x7f, 0xff, 0xff});
  CHECK_THROWS_AS((void)array.samples<float>(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK_THROWS_AS((void)array.samples<float>(std::numeric_limits<double>::infinity()), std::invalid_argument);
  CHECK_THROWS_AS((void)array.samples<float>(2), std::invalid_argument);
  CHECK(array.samples<double>(2)(1, 0) == 2 * static_cast<double>(std::numeric_limits<float>::max()));
}

}  // namespace idx_array_test
