// SPDX-License-Identifier: MIT
#include <parsae/analysis/static_code.hpp>

#include <analysis/code_fixture.hpp>
#include <support/close_to.hpp>

#include <cmath>
#include <limits>
#include <numeric>

namespace static_code_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

constexpr Index n_latents = 9;
constexpr Index n_bins = 6;

CodeCounts counts_of(const SparseCode<double>& code, const CodeQuantizer& quantizer) {
  CodeCounts counts(quantizer);
  counts.add(code);
  return counts;
}

DescriptionLength entropy_of(const SparseCode<double>& code, const CodeQuantizer& quantizer) {
  DescriptionLengthMeter meter(quantizer);
  meter.add(code);
  return meter.result();
}

CodeQuantizer quantizer_of(const SparseCode<double>& code) { return {code, n_latents, {.n_bins = n_bins}}; }

}  // namespace

TEST_CASE("probabilities are smoothed as documented and add up to one") {
  const auto code = test::code_from({{{0, 1.0}}, {{0, 4.0}, {1, 2.0}}, {}, {{0, 3.9}}});
  const CodeQuantizer quantizer(code, 3, {.n_bins = 4});
  const StaticCode kt(counts_of(code, quantizer), {});
  CHECK_THAT(kt.presence_probability(0), WithinAbs(3.5 / 5, 1e-15));
  CHECK_THAT(kt.presence_probability(2), WithinAbs(0.5 / 5, 1e-15));
  CHECK_THAT(kt.bin_probability(0, 0), WithinAbs(1.5 / 5, 1e-15));
  CHECK_THAT(kt.bin_probability(0, 1), WithinAbs(0.5 / 5, 1e-15));
  CHECK_THAT(kt.bin_probability(0, 3), WithinAbs(2.5 / 5, 1e-15));
  CHECK_THAT(kt.bin_probability(2, 3), WithinAbs(0.25, 1e-15));
  const StaticCode bare(counts_of(code, quantizer), {.presence = 0, .value = 0});
  CHECK(bare.presence_probability(2) == 0);
  CHECK(bare.bin_probability(1, 1) == 1);
  CHECK(bare.bin_probability(2, 1) == 0.25);
  for (Index j = 0; j < 3; ++j) {
    double sum = 0;
    for (Index bin = 0; bin < 4; ++bin) sum += kt.bin_probability(j, bin);
    CHECK_THAT(sum, WithinAbs(1, 1e-15));
  }
}

TEST_CASE("without pseudo-counts the samples themselves cost their entropy; with any, at least that") {
  const auto code = test::random_code<double>(n_latents, 150, 31);
  const CodeQuantizer quantizer = quantizer_of(code);
  const DescriptionLength entropy = entropy_of(code, quantizer);
  const CodeCounts counts = counts_of(code, quantizer);
  const StaticCodeLength bare = StaticCode(counts, {.presence = 0, .value = 0}).length(counts);
  CHECK_THAT(bare.bits_presence, test::close_to(entropy.bits_presence, 1e-12));
  CHECK_THAT(bare.bits_value, test::close_to(entropy.bits_value, 1e-12));
  for (Index j = 0; j < n_latents; ++j)
    CHECK_THAT(bare.bits_of_latent[j], test::close_to(entropy.bits_of_latent[j], 1e-12));
  for (const double pseudo : {0.01, 0.5, 1.0, 20.0}) {
    const StaticCodeLength length = StaticCode(counts, {.presence = pseudo, .value = pseudo}).length(counts);
    CHECK(length.bits_presence > entropy.bits_presence);
    CHECK(length.bits_value > entropy.bits_value);
    CHECK_THAT(std::accumulate(length.bits_of_latent.begin(), length.bits_of_latent.end(), 0.0),
               test::close_to(length.bits_total(), 1e-12));
  }
}

TEST_CASE("other samples cost their entropy plus the divergence between their shares and the code's probabilities") {
  const auto training = test::random_code<double>(n_latents, 150, 32);
  const auto test_code = test::random_code<double>(n_latents, 90, 33);
  const CodeQuantizer quantizer = quantizer_of(training);
  const CodeCounts counts = counts_of(test_code, quantizer);
  const StaticCode code(counts_of(training, quantizer), {});
  const auto divergence = [](double p, double q) { return p == 0 ? 0 : p * std::log2(p / q); };
  double presence = 0;
  double value = 0;
  for (Index j = 0; j < n_latents; ++j) {
    const double share = static_cast<double>(counts.active(j)) / 90;
    presence +=
        divergence(share, code.presence_probability(j)) + divergence(1 - share, 1 - code.presence_probability(j));
    for (Index bin = 0; bin < n_bins; ++bin) {
      const double p = static_cast<double>(counts.bins(j)[bin]) / static_cast<double>(counts.active(j));
      value += share * divergence(p, code.bin_probability(j, bin));
    }
  }
  REQUIRE(presence > 0);
  REQUIRE(value > 0);
  const DescriptionLength entropy = entropy_of(test_code, quantizer);
  const StaticCodeLength length = code.length(counts);
  CHECK_THAT(length.bits_presence, test::close_to(entropy.bits_presence + presence, 1e-12));
  CHECK_THAT(length.bits_value, test::close_to(entropy.bits_value + value, 1e-12));
}

TEST_CASE("nothing of the test samples reaches the code: one more of them adds its own price alone") {
  const auto training = test::random_code<double>(n_latents, 150, 34);
  const auto test_code = test::random_code<double>(n_latents, 2, 35);
  const CodeQuantizer quantizer = quantizer_of(training);
  const StaticCode code(counts_of(training, quantizer), {});
  const double both = code.length(counts_of(test_code, quantizer)).bits_total();
  const double first = code.length(counts_of(test::picked(test_code, {0}), quantizer)).bits_total();
  const double second = code.length(counts_of(test::picked(test_code, {1}), quantizer)).bits_total();
  CHECK_THAT(2 * both, test::close_to(first + second, 1e-12));
}

TEST_CASE("what training never saw is dear with pseudo-counts and impossible without") {
  const auto training = test::code_from({{{0, 1.0}}, {{0, 1.0}}});
  const auto surprise = test::code_from({{{0, 1.0}, {1, 0.5}}});
  const CodeQuantizer quantizer(training, 2, {.n_bins = 2});
  const CodeCounts counts = counts_of(surprise, quantizer);
  const CodeCounts seen = counts_of(training, quantizer);
  CHECK(StaticCode(seen, {.presence = 0, .value = 0}).length(counts).bits_total() ==
        std::numeric_limits<double>::infinity());
  // P(latent 0) = 2.5 / 3 and its bin 2.5 / 3; P(latent 1) = 0.5 / 3 and its bin 1/2.
  CHECK_THAT(StaticCode(seen, {}).length(counts).bits_total(),
             WithinAbs(-2 * std::log2(2.5 / 3) - std::log2(0.5 / 3) + 1, 1e-12));
}

TEST_CASE("counts of another shape, no samples and negative pseudo-counts are refused") {
  const auto code = test::code_from({{{0, 1.0}}});
  const CodeQuantizer quantizer(code, 2, {.n_bins = 2});
  const CodeCounts counts = counts_of(code, quantizer);
  CHECK_THROWS_WITH(StaticCode(CodeCounts(quantizer), {}),
                    ContainsSubstring("StaticCode samples: expected at least 1"));
  CHECK_THROWS_WITH(StaticCode(counts, {.presence = -1}), ContainsSubstring("StaticCode presence"));
  CHECK_THROWS_WITH(StaticCode(counts, {.value = -1}), ContainsSubstring("StaticCode value"));
  const StaticCode fixed(counts, {});
  CHECK_THROWS_WITH(fixed.length(CodeCounts(quantizer)), ContainsSubstring("StaticCode test samples"));
  CHECK_THROWS_WITH(fixed.length(counts_of(code, CodeQuantizer(code, 3, {.n_bins = 2}))),
                    ContainsSubstring("StaticCode n_latents: expected 2 as in training, got 3"));
  CHECK_THROWS_WITH(fixed.length(counts_of(code, CodeQuantizer(code, 2, {.n_bins = 3}))),
                    ContainsSubstring("StaticCode n_bins: expected 2 as in training, got 3"));
}

}  // namespace static_code_test
