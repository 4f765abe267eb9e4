// SPDX-License-Identifier: MIT
#include <parsae/analysis/code_quantizer.hpp>

#include <analysis/code_fixture.hpp>
#include <support/close_to.hpp>

#include <cmath>

namespace code_quantizer_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Range = CodeQuantizer::Range;

namespace {

/// Largest values: 8, 2, and latent 2 is never active.
SparseCode<double> two_ranges() { return test::code_from({{{0, 8.0}, {1, 0.5}, {2, 0.0}}, {{0, 1.0}, {1, 2.0}}}); }

}  // namespace

TEST_CASE("bins have equal width on (0, range], belong to their upper edge, and are read back as their middle") {
  const CodeQuantizer quantizer(two_ranges(), 3, {.n_bins = 4, .range = Range::Shared});
  CHECK(quantizer.n_bins() == 4);
  CHECK(quantizer.n_latents() == 3);
  for (Index bin = 0; bin < 4; ++bin) {
    CHECK(quantizer.value(0, bin) == 2 * static_cast<double>(bin) + 1);
    CHECK(quantizer.bin(0, 2 * static_cast<double>(bin) + 1e-9) == bin);
    CHECK(quantizer.bin(0, 2 * static_cast<double>(bin) + 2) == bin);
  }
  CHECK(quantizer.bin(0, 1e-300) == 0);
  CHECK(quantizer.bin(0, 1e300) == 3);
}

TEST_CASE("a shared range gives every latent the same bins, a range for each latent its own") {
  const CodeQuantizer shared(two_ranges(), 3, {.n_bins = 4, .range = Range::Shared});
  const CodeQuantizer own(two_ranges(), 3, {.n_bins = 4, .range = Range::PerLatent});
  for (Index bin = 0; bin < 4; ++bin) {
    CHECK(shared.value(1, bin) == shared.value(0, bin));
    CHECK(shared.value(2, bin) == shared.value(0, bin));
    CHECK(own.value(0, bin) == 2 * static_cast<double>(bin) + 1);
    CHECK(own.value(1, bin) == 0.5 * static_cast<double>(bin) + 0.25);
    CHECK(own.value(2, bin) == 0);
  }
  CHECK(shared.bin(1, 2.0) == 0);
  CHECK(own.bin(1, 2.0) == 3);
  CHECK(own.bin(1, 100.0) == 3);
  CHECK(own.bin(2, 1.0) == 0);
}

TEST_CASE("zero stays exactly zero, and an active value is never rounded to it") {
  SparseCode<double> code = two_ranges();
  CodeQuantizer(code, 3, {.n_bins = 1, .range = Range::Shared}).quantize(code);
  CHECK(code.values[2] == 0);
  CHECK(code.values[0] == 4);
  CHECK(code.values[1] == 4);
  CHECK(code.latents[2] == 2);
  CHECK(code.pre_acts == two_ranges().pre_acts);
}

TEMPLATE_TEST_CASE("a quantized value is off by at most half a bin, and quantizing again changes nothing", "", float,
                   double) {
  using Scalar = TestType;
  constexpr Index n_latents = 9;
  const auto code = test::random_code<Scalar>(n_latents, 60, 3);
  for (const Range range : {Range::Shared, Range::PerLatent}) {
    for (const Index n_bins : {1, 2, 3, 7, 16, 1000, 65536}) {
      const CodeQuantizer quantizer(code, n_latents, {.n_bins = n_bins, .range = range});
      SparseCode<Scalar> quantized = code;
      quantizer.quantize(quantized);
      REQUIRE(quantized.active_count() == code.active_count());
      for (Index e = 0; e < code.stored(); ++e) {
        if (code.values[e] == 0) continue;
        const Index latent = code.latents[e];
        const double half_bin = quantizer.value(latent, 0);
        const double value = static_cast<double>(code.values[e]);
        REQUIRE(std::abs(static_cast<double>(quantized.values[e]) - value) <= half_bin + 1e-6 * value);
        REQUIRE(quantizer.bin(latent, static_cast<double>(quantized.values[e])) == quantizer.bin(latent, value));
      }
      SparseCode<Scalar> twice = quantized;
      quantizer.quantize(twice);
      CHECK(twice == quantized);
    }
  }
}

TEST_CASE("the middle of every bin falls into that bin") {
  const auto code = test::random_code<double>(5, 40, 4);
  for (Index n_bins = 1; n_bins <= 300; ++n_bins) {
    const CodeQuantizer quantizer(code, 5, {.n_bins = n_bins, .range = Range::PerLatent});
    for (Index bin = 0; bin < n_bins; ++bin) REQUIRE(quantizer.bin(4, quantizer.value(4, bin)) == bin);
  }
}

TEST_CASE("a code other than the one that gave the ranges is clamped into the last bin") {
  const CodeQuantizer quantizer(two_ranges(), 3, {.n_bins = 4, .range = Range::PerLatent});
  SparseCode<double> held_out = test::code_from({{{0, 9.0}, {1, 0.1}, {2, 5.0}}});
  quantizer.quantize(held_out);
  CHECK(held_out.values[0] == 7);
  CHECK(held_out.values[1] == 0.25);
  CHECK(held_out.values[2] == 0);  // a latent that was never active has no range
}

TEST_CASE("numbers of bins out of range, and latents that do not exist, are refused") {
  const auto code = two_ranges();
  const auto quantizer = [&](Index n_latents, Index n_bins) {
    return CodeQuantizer(code, n_latents, {.n_bins = n_bins, .range = Range::Shared});
  };
  CHECK_THROWS_WITH(quantizer(3, 0), ContainsSubstring("n_bins: expected a value from 1 to 16777216, got 0"));
  CHECK_THROWS_WITH(quantizer(3, -1), ContainsSubstring("got -1"));
  CHECK_THROWS_WITH(quantizer(3, (1 << 24) + 1), ContainsSubstring("got 16777217"));
  CHECK(quantizer(3, 1 << 24).n_bins() == 1 << 24);
  CHECK_THROWS_WITH(quantizer(0, 4), ContainsSubstring("CodeQuantizer n_latents: expected at least 1, got 0"));
  CHECK_THROWS_WITH(quantizer(2, 4), ContainsSubstring("CodeQuantizer latent: expected a value from 0 to 1, got 2"));
  SparseCode<double> other = test::code_from({{{3, 1.0}}});
  CHECK_THROWS_WITH(quantizer(3, 4).quantize(other),
                    ContainsSubstring("CodeQuantizer latent: expected a value from 0 to 2, got 3"));
}

TEST_CASE("a quantizer made from the ranges of another is the same quantizer") {
  for (const Range range : {Range::Shared, Range::PerLatent}) {
    const CodeQuantizer original(two_ranges(), 3, {.n_bins = 4, .range = range});
    Buffer<double> ranges;
    for (Index j = 0; j < 3; ++j) ranges.push_back(original.range(j));
    const CodeQuantizer copy(ranges, original.settings());
    CHECK(copy.n_latents() == 3);
    CHECK(copy.n_bins() == 4);
    SparseCode<double> a = test::code_from({{{0, 9.0}, {1, 0.1}, {2, 5.0}}});
    SparseCode<double> b = a;
    original.quantize(a);
    copy.quantize(b);
    CHECK(a == b);
  }
  CHECK_THROWS_WITH(CodeQuantizer(Buffer<double>(), {}), ContainsSubstring("CodeQuantizer n_latents"));
  CHECK_THROWS_WITH(CodeQuantizer(Buffer<double>(1, -1.0), {}), ContainsSubstring("CodeQuantizer range"));
  Buffer<double> different(2, 1.0);
  different[1] = 2;
  CHECK_THROWS_WITH(CodeQuantizer(different, {}),
                    ContainsSubstring("CodeQuantizer range: expected one for all latents"));
  CHECK_THROWS_WITH(CodeQuantizer(Buffer<double>(1, 1.0), {.n_bins = 0}), ContainsSubstring("CodeQuantizer n_bins"));
}

}  // namespace code_quantizer_test
