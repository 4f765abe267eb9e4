// SPDX-License-Identifier: MIT
#include <parsae/io/bytes.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace bytes_test {

using namespace parsae;

TEST_CASE("text and bytes are the same memory") {
  const std::string text("a\0b", 3);
  const Slice<const std::byte> bytes = as_bytes(text);
  REQUIRE(bytes.size() == 3);
  CHECK(bytes[1] == std::byte{0});
  CHECK(bytes[2] == std::byte{'b'});
  CHECK(as_text(bytes).data() == text.data());
  CHECK(as_text(bytes) == text);
}

TEST_CASE("values are seen as their bytes") {
  const std::array<std::uint32_t, 2> values{0x04030201u, 0x08070605u};
  const Slice<const std::byte> bytes = as_bytes(Slice<const std::uint32_t>(values.data(), 2));
  REQUIRE(bytes.size() == 8);
  for (Index i = 0; i < 8; ++i) CHECK(std::to_integer<Index>(bytes[i]) == i + 1);
}

TEST_CASE("values load from either byte order at any alignment") {
  const std::array<std::byte, 9> bytes{std::byte{0xaa}, std::byte{0x3f}, std::byte{0xf8},
                                       std::byte{0x01}, std::byte{0x02}, std::byte{0x03},
                                       std::byte{0x04}, std::byte{0x05}, std::byte{0x06}};
  const std::byte* const odd = bytes.data() + 1;
  CHECK(detail::load_big_endian<std::uint8_t>(odd) == 0x3f);
  CHECK(detail::load_big_endian<std::uint16_t>(odd) == 0x3ff8);
  CHECK(detail::load_little_endian<std::uint16_t>(odd) == 0xf83f);
  CHECK(detail::load_big_endian<std::uint32_t>(odd) == 0x3ff80102u);
  CHECK(detail::load_little_endian<std::uint64_t>(odd) == 0x060504030201f83full);
  CHECK(detail::load_big_endian<double>(odd) == 1.5 + static_cast<double>(0x010203040506) * 0x1p-52);
}

TEST_CASE("copying no bytes touches nothing") {
  detail::copy_bytes({}, nullptr);
  std::array<char, 2> to{'x', 'y'};
  detail::copy_bytes(as_bytes(std::string_view("a")), to.data());
  CHECK(to[0] == 'a');
  CHECK(to[1] == 'y');
}

}  // namespace bytes_test
