// SPDX-License-Identifier: MIT
#include <parsae/io/element_type.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace element_type_test {

using namespace parsae;

namespace {

/// One number of this type and byte order as a double.
double read(ElementType type, std::string bytes) {
  CHECK(static_cast<Index>(bytes.size()) == type.size());
  double value = 0;
  convert_elements(type, reinterpret_cast<const std::byte*>(bytes.data()), 1, &value);
  return value;
}

/// `value`, least significant byte first.
template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

void check_both_orders(ElementKind kind, const std::string& bytes, double expected) {
  INFO(ElementType{kind}.name());
  CHECK(read({kind, ByteOrder::Little}, bytes) == expected);
  CHECK(read({kind, ByteOrder::Big}, {bytes.rbegin(), bytes.rend()}) == expected);
}

}  // namespace

TEST_CASE("names of element types in NumPy, safetensors and on a command line") {
  CHECK(numpy_element_type("<f2") == ElementType{ElementKind::F16, ByteOrder::Little});
  CHECK(numpy_element_type(">f8") == ElementType{ElementKind::F64, ByteOrder::Big});
  CHECK(numpy_element_type("|u1") == ElementType{ElementKind::U8, ByteOrder::Little});
  CHECK(numpy_element_type(">i1") == ElementType{ElementKind::I8, ByteOrder::Little});
  for (const char* const text : {"", "<", "f4", "|f4", "=f4", "<f3", "<bf16", "|b1", "<c8", "<f4 ", "|V2"}) {
    INFO(text);
    CHECK_FALSE(numpy_element_type(text).has_value());
  }
  CHECK(raw_element_type("bf16") == ElementType{ElementKind::BF16, ByteOrder::Little});
  CHECK(raw_element_type(">bf16") == ElementType{ElementKind::BF16, ByteOrder::Big});
  CHECK(raw_element_type("u1") == ElementType{ElementKind::U8, ByteOrder::Little});
  CHECK(raw_element_type("f2") == ElementType{ElementKind::F16, ByteOrder::Little});
  CHECK(raw_element_type(">i4") == ElementType{ElementKind::I32, ByteOrder::Big});
  for (const char* const text : {"", "|bf16", "|f4", "float32", "<<f4"}) {
    INFO(text);
    CHECK_FALSE(raw_element_type(text).has_value());
  }
  CHECK(safetensors_element_type("BF16")->kind == ElementKind::BF16);
  CHECK(safetensors_element_type("I64")->kind == ElementKind::I64);
  CHECK_FALSE(safetensors_element_type("F8_E4M3").has_value());
  CHECK_FALSE(safetensors_element_type("BOOL").has_value());
}

TEST_CASE("every element type has a name that leads back to it") {
  for (const detail::ElementNames& names : detail::element_names) {
    for (const ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
      const ElementType type{names.kind, names.size == 1 ? ByteOrder::Little : order};
      CHECK(raw_element_type(type.name()) == type);
    }
    CHECK(detail::names_of(names.kind).numpy == names.numpy);
    CHECK(ElementType{names.kind}.is_floating_point() == (names.numpy.find('f') != std::string::npos));
  }
}

TEST_CASE("numbers of every type are read in both byte orders") {
  check_both_orders(ElementKind::F16, bytes_of(std::uint16_t{0x3e00}), 1.5);
  check_both_orders(ElementKind::F16, bytes_of(std::uint16_t{0x8001}), -0x1.0p-24);  // the smallest subnormal
  check_both_orders(ElementKind::F16, bytes_of(std::uint16_t{0x7bff}), 65504);
  check_both_orders(ElementKind::BF16, bytes_of(std::uint16_t{0xc049}), -3.140625);
  check_both_orders(ElementKind::F32, bytes_of(0.1f), static_cast<double>(0.1f));
  check_both_orders(ElementKind::F64, bytes_of(0.1), 0.1);
  check_both_orders(ElementKind::I16, bytes_of(std::int16_t{-300}), -300);
  check_both_orders(ElementKind::U16, bytes_of(std::uint16_t{65000}), 65000);
  check_both_orders(ElementKind::I32, bytes_of(std::int32_t{-70000}), -70000);
  check_both_orders(ElementKind::U32, bytes_of(std::uint32_t{4000000000}), 4000000000.0);
  check_both_orders(ElementKind::I64, bytes_of(std::int64_t{-5000000000}), -5000000000.0);
  check_both_orders(ElementKind::U64, bytes_of(std::uint64_t{1} << 63), 0x1.0p63);
  CHECK(read({ElementKind::I8}, "\xff") == -1);
  CHECK(read({ElementKind::U8}, "\xff") == 255);
}

TEST_CASE("values that are not finite stay so") {
  CHECK(std::isnan(read({ElementKind::F16}, bytes_of(std::uint16_t{0x7e01}))));
  CHECK(read({ElementKind::F16}, bytes_of(std::uint16_t{0xfc00})) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(read({ElementKind::BF16}, bytes_of(std::uint16_t{0x7fc1}))));
  CHECK(read({ElementKind::BF16}, bytes_of(std::uint16_t{0x7f80})) == std::numeric_limits<double>::infinity());
}

TEST_CASE("runs at odd addresses are converted, also to every third place") {
  std::string bytes = "x";
  for (int i = 0; i < 5; ++i) bytes += bytes_of(static_cast<float>(i) + 0.5f);
  const auto* const from = reinterpret_cast<const std::byte*>(bytes.data()) + 1;
  std::vector<float> together(5);
  convert_elements({ElementKind::F32}, from, 5, together.data());
  CHECK(together == std::vector<float>{0.5f, 1.5f, 2.5f, 3.5f, 4.5f});
  std::vector<double> apart(10, -1);
  convert_elements({ElementKind::F32}, from, 3, apart.data(), 3);
  CHECK(apart == std::vector<double>{0.5, -1, -1, 1.5, -1, -1, 2.5, -1, -1, -1});
}

}  // namespace element_type_test
