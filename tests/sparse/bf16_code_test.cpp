// SPDX-License-Identifier: MIT
#include <parsae/sparse/bf16_code.hpp>

#include <sparse/hostile_columns.hpp>
#include <support/catch.hpp>

#include <bit>
#include <cstring>

namespace bf16_code_test {

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

float value_of(std::uint16_t half) { return std::bit_cast<float>(std::uint32_t{half} << 16); }

Encoded encode(const Vector<float>& entries) {
  const auto n_words = static_cast<std::size_t>(divide_up(entries.size(), Bf16Code::inputs_per_word));
  std::vector<std::uint32_t> words(n_words + 1, nobodys);
  Encoded encoded;
  encoded.column = Bf16Code::encode(entries.data(), entries.size(), words.data());
  std::vector<std::uint16_t> halves(2 * words.size());
  std::memcpy(halves.data(), words.data(), 2 * halves.size());
  halves.resize(2 * n_words);
  for (const std::uint16_t half : halves) encoded.codes.push_back(value_of(half));
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

  if (column.scale != 1) return "scale";
  const test::CodeTruth truth = test::truth_of(entries, column.scale, encoded.codes);
  const long double slack = 0x1p-61L * std::sqrt(static_cast<long double>(entries.size()));
  const long double inflated = 1 + 2 * static_cast<long double>(rounding_bound(entries.size()));
  if (static_cast<long double>(column.norm) < truth.norm) return "norm too small";
  if (static_cast<long double>(column.error) < truth.error) return "error too small";
  if (static_cast<long double>(column.norm) > truth.norm * inflated + slack) return "norm much too large";
  if (static_cast<long double>(column.error) > truth.error * inflated + slack) return "error much too large";
  for (Index q = 0; q < entries.size(); ++q)
    if (std::abs(entries(q) - encoded.codes[static_cast<std::size_t>(q)]) > 0x1p-8F * std::abs(entries(q)))
      if (std::abs(entries(q)) >= std::numeric_limits<float>::min()) return "not the nearest code";
  return "";
}

Bf16Code::Words random_words(std::uint64_t stream) {
  const Vector<float> values = test::random_vector<float>(2 * Bf16Code::Pack::width, stream);
  Bf16Code::Words words;
  for (Index lane = 0; lane < Bf16Code::Pack::width; ++lane)
    words[lane] = std::bit_cast<std::uint32_t>(values(2 * lane)) >> 16 |
                  (std::bit_cast<std::uint32_t>(values(2 * lane + 1)) & 0xFFFF0000U);
  return words;
}

double low_of(std::uint32_t word) { return std::bit_cast<float>(word << 16); }
double high_of(std::uint32_t word) { return std::bit_cast<float>(word & 0xFFFF0000U); }

}  // namespace

TEST_CASE("bf16: what a code says of its column is true") {
  for (const Index n_inputs : {257, 1000, 65536}) CHECK(mistake_of(test::random_vector<float>(n_inputs, 1)) == "");
  for (Index n_inputs = 1; n_inputs <= 100; ++n_inputs)
    for (const NamedColumn& column : hostile_columns(n_inputs, static_cast<std::uint64_t>(n_inputs))) {
      CAPTURE(n_inputs, column.name);
      CHECK(mistake_of(column.entries) == "");
    }
}

TEST_CASE("bf16: to the nearest, ties to even") {
  Vector<float> column(7);
  column << 1, 1 + 0x1p-8F, 1 + 0x1p-8F + 0x1p-20F, 1 + 0x3p-8F, -1 - 0x1p-9F, 2 - 0x1p-9F, -0.0F;
  const Encoded encoded = encode(column);
  CHECK(encoded.codes == std::vector<float>{1, 1, 1 + 0x1p-7F, 1 + 0x1p-6F, -1, 2, -0.0F, 0});
  CHECK(encoded.column.code_sum == 0);
}

TEST_CASE("bf16: what is lost to denormals is part of norm and error") {
  // The product takes a denormal code for zero and the square of a small one vanishes, next to a large entry or not.
  Vector<float> column = Vector<float>::Constant(40, 1e-39F);
  column(7) = 0x1p33F;  // which is coded without an error
  const Encoded encoded = encode(column);
  CHECK(encoded.column.error >= 1e-39F * std::sqrt(40.0F));
  CHECK(mistake_of(Vector<float>::Constant(40, 1e-25F).cwiseMax(column)) == "");
}

TEST_CASE("bf16: zeros are all but exact, and no input is one of them") {
  CHECK(encode(Vector<float>::Zero(9)).column.error <= 1e-18F);
  CHECK(encode(Vector<float>(0)).column.error == 0);
  CHECK(encode(Vector<float>(0)).behind == nobodys);
}

TEST_CASE("bf16: products of two halves each, two to a lane") {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const Bf16Code::Words samples = random_words(3 * trial);
    const Bf16Code::Words latents = random_words(3 * trial + 1);
    const Bf16Code::Sums sums = Bf16Code::Sums(random_words(3 * trial + 2));
    const Bf16Code::Sums result = Bf16Code::add_products(sums, samples, latents);
    for (Index lane = 0; lane < Bf16Code::Pack::width; ++lane) {
      const double low = low_of(samples[lane]) * low_of(latents[lane]);
      const double high = high_of(samples[lane]) * high_of(latents[lane]);
      const double expected = static_cast<double>(sums[lane]) + low + high;
      const double magnitude = std::abs(static_cast<double>(sums[lane])) + std::abs(low) + std::abs(high);
      REQUIRE(std::abs(static_cast<double>(result[lane]) - expected) <= 4 * 0x1p-24 * magnitude);
    }
  }
  CHECK(Bf16Code::first_sum(CodedColumn{1, 2, 3, 4}) == 0);
}

TEST_CASE("bf16: gamma covers the chains of the exact product and of the codes") {
  for (const Index n_inputs : {Index{1}, Index{1000}, Bf16Code::most_inputs}) {
    CHECK(Bf16Code::gamma(n_inputs) >= static_cast<float>(3 * n_inputs) * 0x1p-24F);
    CHECK(Bf16Code::gamma(n_inputs) < 0.0125F);
  }
}

}  // namespace bf16_code_test
