// SPDX-License-Identifier: MIT
#include <parsae/core/random.hpp>
#include <parsae/message/range_encoder.hpp>
#include <parsae/message/weight_coding.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <cmath>

namespace weight_coding_test {

using namespace parsae;

namespace {

void check_round_trip(const QuantizedDictionary<float>& dictionary, const WeightCoding& coding) {
  RangeEncoder encoder;
  detail::encode_weights(encoder, dictionary.levels.slice(), dictionary.bits_per_weight, coding.precision);
  const Buffer<std::byte> bytes = encoder.finish();
  CHECK(std::abs(8 * static_cast<double>(bytes.size()) - coding.bits_weights - coding.bits_model) < 64);
  RangeDecoder decoder(bytes.slice());
  Buffer<std::int32_t> levels;
  REQUIRE(
      detail::decode_weights(decoder, dictionary.levels.size(), dictionary.bits_per_weight, coding.precision, levels));
  CHECK(levels == dictionary.levels);
}

}  // namespace

TEST_CASE("weights come back near their entropy, their histogram beside") {
  const Matrix<float> weights = test::random_matrix<float>(40, 200, 121);
  for (const int bits : {2, 4, 7, 10, 16, 20, 24}) {
    const auto dictionary = quantize_dictionary(weights, bits);
    const WeightCoding coding = weight_coding(dictionary.levels.slice(), bits);
    CHECK(coding.bits_weights + coding.bits_model <= dictionary.bits_fixed);
    if (bits <= 7) {
      CHECK(coding.precision > 0);
      CHECK(coding.bits_weights >= dictionary.bits_entropy * (1 - 1e-12));
      CHECK(coding.bits_weights < dictionary.bits_entropy * 1.02);
    }
    if (bits >= 16) CHECK(coding.precision == 0);
    check_round_trip(dictionary, coding);
  }
}

TEST_CASE("few weights are sent as they are, equal ones cost next to nothing") {
  const auto few = quantize_dictionary<float>(test::random_matrix<float>(5, 1, 122), 8);
  const WeightCoding of_few = weight_coding(few.levels.slice(), 8);
  CHECK(of_few.precision == 0);
  CHECK(of_few.bits_weights == 40);
  check_round_trip(few, of_few);
  const auto zeros = quantize_dictionary<float>(Matrix<float>::Zero(30, 100), 6);
  const WeightCoding of_zeros = weight_coding(zeros.levels.slice(), 6);
  CHECK(of_zeros.bits_weights == 0);
  CHECK(of_zeros.bits_model < 100);
  check_round_trip(zeros, of_zeros);
  CHECK(weight_coding({}, 8).bits_weights == 0);
}

TEST_CASE("bytes that no writer wrote are refused or give levels in range") {
  Index n_refused = 0;
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    const Random random(15, stream);
    Buffer<std::byte> bytes;
    for (std::uint64_t i = 0; i < stream; ++i) bytes.push_back(static_cast<std::byte>(random.bits(i)));
    for (const int precision : {0, 8}) {
      RangeDecoder decoder(bytes.slice());
      Buffer<std::int32_t> levels;
      if (!detail::decode_weights(decoder, 300, 6, precision, levels)) {
        ++n_refused;
        continue;
      }
      for (const std::int32_t level : levels) CHECK(std::abs(level) <= 31);
    }
  }
  CHECK(n_refused > 50);
}

}  // namespace weight_coding_test
