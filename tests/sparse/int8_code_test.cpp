// SPDX-License-Identifier: MIT
#include <parsae/sparse/int8_code.hpp>

#include <sparse/hostile_columns.hpp>
#include <support/catch.hpp>

namespace int8_code_test {

using namespace parsae;
using test::hostile_columns;
using test::NamedColumn;

namespace {

constexpr std::uint32_t nobodys = 0xABCDEF01U;

struct Encoded {
  CodedColumn column;
  std::vector<float> codes;  ///< of the inputs, and of what fills up the last word
  std::uint32_t behind = 0;  ///< the word after the last one
};

Encoded encode(const Vector<float>& entries) {
  const auto n_words = static_cast<std::size_t>(divide_up(entries.size(), Int8Code::inputs_per_word));
  std::vector<std::uint32_t> words(n_words + 1, nobodys);
  Encoded encoded;
  encoded.column = Int8Code::encode(entries.data(), entries.size(), words.data());
  const auto* codes = reinterpret_cast<const std::int8_t*>(words.data());
  for (std::size_t q = 0; q < 4 * n_words; ++q) encoded.codes.push_back(codes[q]);
  encoded.behind = words.back();
  return encoded;
}

/// What is wrong with the code of a column; empty for nothing.
std::string mistake_of(const Vector<float>& entries) {
  const Encoded encoded = encode(entries);
  const CodedColumn& column = encoded.column;
  if (encoded.behind != nobodys) return "wrote beyond the words";
  for (std::size_t q = static_cast<std::size_t>(entries.size()); q < encoded.codes.size(); ++q)
    if (encoded.codes[q] != 0) return "fills up with something other than zero";

  const float largest = largest_magnitude(entries.data(), entries.size());
  if (!can_be_bounded(largest) && largest != 0)
    return column.error == std::numeric_limits<float>::infinity() ? "" : "bounds what cannot be bounded";

  const test::CodeTruth truth = test::truth_of(entries, column.scale, encoded.codes);
  const long double slack = 0x1p-14L * std::sqrt(static_cast<long double>(entries.size()));
  const long double inflated = 1 + 2 * static_cast<long double>(rounding_bound(entries.size()));
  if (static_cast<long double>(column.norm) < truth.norm) return "norm too small";
  if (static_cast<long double>(column.error) < truth.error) return "error too small";
  if (static_cast<long double>(column.norm) > truth.norm * inflated) return "norm much too large";
  if (static_cast<long double>(column.error) > truth.error * inflated + slack) return "error much too large";
  if (static_cast<long double>(column.code_sum) != truth.sum) return "sum of codes";
  for (Index q = 0; q < entries.size(); ++q)
    if (std::abs(entries(q) / column.scale - encoded.codes[static_cast<std::size_t>(q)]) > 0.501F)
      return "not the nearest code";
  return "";
}

Int8Code::Words random_words(std::uint64_t stream) {
  const Random random(3, stream);
  Int8Code::Words words;
  for (Index lane = 0; lane < Int8Code::Pack::width; ++lane)
    words[lane] = static_cast<std::uint32_t>(random.bits(static_cast<std::uint64_t>(lane)));
  return words;
}

int byte_of(std::uint32_t word, int byte) { return static_cast<int>(word >> (8 * byte) & 0xFFU); }

int signed_byte_of(std::uint32_t word, int byte) {
  const int value = byte_of(word, byte);
  return value < 128 ? value : value - 256;
}

}  // namespace

TEST_CASE("int8: what a code says of its column is true") {
  for (const Index n_inputs : {257, 1000, 65536}) CHECK(mistake_of(test::random_vector<float>(n_inputs, 1)) == "");
  for (Index n_inputs = 1; n_inputs <= 100; ++n_inputs)
    for (const NamedColumn& column : hostile_columns(n_inputs, static_cast<std::uint64_t>(n_inputs))) {
      CAPTURE(n_inputs, column.name);
      CHECK(mistake_of(column.entries) == "");
    }
}

TEST_CASE("int8: a column of known codes") {
  Vector<float> column(6);
  column << 12.7F, -12.7F, 0, 1.04F, -0.26F, 0.149F;  // the largest is code 127, so a unit is 0.1
  const Encoded encoded = encode(column);
  CHECK(encoded.codes == std::vector<float>{127, -127, 0, 10, -3, 1, 0, 0});
  CHECK(encoded.column.scale == 12.7F / 127);
  CHECK(encoded.column.code_sum == 8);
}

TEST_CASE("int8: zeros are coded without an error, and no input is one of them") {
  CHECK(encode(Vector<float>::Zero(9)).column.error == 0);
  CHECK(encode(Vector<float>::Zero(9)).column.norm == 0);
  CHECK(encode(Vector<float>(0)).column.error == 0);
  CHECK(encode(Vector<float>(0)).behind == nobodys);
}

TEST_CASE("int8: products of an unsigned and a signed byte, four to a lane") {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const Int8Code::Words samples = random_words(3 * trial);
    const Int8Code::Words latents = random_words(3 * trial + 1);
    const Int8Code::Sums sums = Int8Code::Sums(random_words(3 * trial + 2)) / 4;
    const Int8Code::Sums result = Int8Code::add_products(sums, samples, latents);
    for (Index lane = 0; lane < Int8Code::Pack::width; ++lane) {
      std::int32_t expected = sums[lane];
      for (int byte = 0; byte < 4; ++byte)
        expected += byte_of(samples[lane], byte) * signed_byte_of(latents[lane], byte);
      REQUIRE(result[lane] == expected);
    }
  }
  const Int8Code::Words ones = Int8Code::Words{} + 0xFFFFFFFFU;  // 255 times -1: no saturation on the way
  CHECK(Int8Code::add_products(Int8Code::Sums{}, ones, ones)[0] == -1020);
  CHECK(Int8Code::add_products(Int8Code::Sums{}, ones, Int8Code::Words{} + 0x7F7F7F7FU)[1] == 4 * 255 * 127);
}

TEST_CASE("int8: the start of a latent's chain makes up for the offset of samples") {
  const Encoded sample = encode(test::random_vector<float>(4, 1));
  const Encoded latent = encode(test::random_vector<float>(4, 2));
  std::uint32_t words[2];
  Int8Code::encode(test::random_vector<float>(4, 1).data(), 4, words);
  Int8Code::encode(test::random_vector<float>(4, 2).data(), 4, words + 1);
  const Int8Code::Sums sums =
      Int8Code::add_products(Int8Code::Sums{} + Int8Code::first_sum(latent.column),
                             Int8Code::Words{} + (words[0] ^ Int8Code::sample_offset), Int8Code::Words{} + words[1]);
  float expected = 0;
  for (std::size_t q = 0; q < 4; ++q) expected += sample.codes[q] * latent.codes[q];
  CHECK(static_cast<float>(sums[0]) == expected);
}

TEST_CASE("int8: gamma covers the chain of the exact product") {
  for (const Index n_inputs : {Index{1}, Index{1000}, Int8Code::most_inputs}) {
    CHECK(Int8Code::gamma(n_inputs) >= static_cast<float>(n_inputs) * 0x1p-24F);
    CHECK(Int8Code::gamma(n_inputs) < 0.005F);
  }
}

}  // namespace int8_code_test
