// SPDX-License-Identifier: MIT
#include <parsae/io/bytes.hpp>
#include <parsae/io/checksum.hpp>

#include <support/catch.hpp>

#include <string_view>

namespace checksum_test {

using namespace parsae;

TEST_CASE("the CRC-32 of known texts, at once and in pieces") {
  CHECK(detail::crc32_of(as_bytes("")) == 0);
  CHECK(detail::crc32_of(as_bytes("123456789")) == 0xcbf43926u);
  const std::string_view text = "The quick brown fox jumps over the lazy dog";
  CHECK(detail::crc32_of(as_bytes(text)) == 0x414fa339u);
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    CHECK(detail::crc32_of(as_bytes(text.substr(cut)), detail::crc32_of(as_bytes(text.substr(0, cut)))) == 0x414fa339u);
}

}  // namespace checksum_test
