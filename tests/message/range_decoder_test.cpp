// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/range_decoder.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/catch.hpp>

namespace range_decoder_test {

using namespace parsae;

namespace {

constexpr SymbolInterval heads = {.begin = 0, .size = 1, .total = 2};
constexpr SymbolInterval tails = {.begin = 1, .size = 1, .total = 2};

}  // namespace

TEST_CASE("a decoder knows when more was asked of it than its bytes can hold") {
  RangeEncoder encoder;
  for (int i = 0; i < 100; ++i) encoder.encode(i % 3 == 0 ? heads : tails);
  const Buffer<std::byte> bytes = encoder.finish();
  RangeDecoder decoder(bytes.slice());
  for (int i = 0; i < 100; ++i) {
    CHECK((decoder.part_of(2) == 0) == (i % 3 == 0));
    decoder.take(i % 3 == 0 ? heads : tails);
    CHECK_FALSE(decoder.is_overrun());
  }
  int more = 0;
  for (; more < 1000 && !decoder.is_overrun(); ++more) decoder.take(decoder.part_of(2) == 0 ? heads : tails);
  CHECK(more > 0);
  CHECK(more <= 80);
}

TEST_CASE("bytes that no encoder wrote give symbols in range, and an end") {
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    const Random random(5, stream);
    Buffer<std::byte> bytes;
    for (std::uint64_t i = 0; i < stream % 40; ++i)
      bytes.push_back(stream < 20 ? std::byte{0xff} : static_cast<std::byte>(random.bits(i)));
    RangeDecoder decoder(bytes.slice());
    std::size_t n_wrong = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const std::uint64_t total = 2 + random.below(SymbolInterval::largest_total - 1, 100 + i);
      const std::uint64_t part = decoder.part_of(total);
      n_wrong += part >= total;
      decoder.take({.begin = part, .size = 1, .total = total});
    }
    CHECK(n_wrong == 0);
    CHECK(decoder.is_overrun());
  }
}

}  // namespace range_decoder_test
