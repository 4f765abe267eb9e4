// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/adaptive_numbers.hpp>
#include <parsae/message/range_encoder.hpp>

#include <support/catch.hpp>

namespace adaptive_numbers_test {

using namespace parsae;

TEST_CASE("numbers of any size come back") {
  for (const int most_digits : {0, 1, 2, 13, 32}) {
    Buffer<std::uint32_t> numbers;
    const std::uint64_t end = std::uint64_t{1} << most_digits;
    const Random random(10);
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const std::uint64_t scaled =
          random.below(end, 2 * i) >> random.below(static_cast<std::uint64_t>(most_digits) + 1, 2 * i + 1);
      numbers.push_back(static_cast<std::uint32_t>(scaled));
    }
    numbers.push_back(static_cast<std::uint32_t>(end - 1));
    RangeEncoder encoder;
    AdaptiveNumbers writing(most_digits);
    for (const std::uint32_t number : numbers) writing.encode(encoder, number);
    const Buffer<std::byte> bytes = encoder.finish();
    RangeDecoder decoder(bytes.slice());
    AdaptiveNumbers reading(most_digits);
    Index n_wrong = 0;
    for (const std::uint32_t number : numbers) n_wrong += reading.decode(decoder) != number;
    CHECK(n_wrong == 0);
    CHECK_FALSE(decoder.is_overrun());
  }
}

}  // namespace adaptive_numbers_test
