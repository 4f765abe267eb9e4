// SPDX-License-Identifier: MIT
#include <parsae/analysis/reconstruction_metrics.hpp>

#include <analysis/attribute_codes.hpp>
#include <analysis/code_fixture.hpp>
#include <support/catch.hpp>
#include <support/close_to.hpp>

#include "../../examples/mnist_mdl/splitting.hpp"

namespace mnist_mdl_splitting_test {

namespace {

using namespace parsae_examples;
using parsae::Index;
using parsae::test::AttributeCodes;
using parsae::test::close_to;

double measured_bits(const AttributeCodes::Coded& coded, Index n_bins) {
  parsae::DescriptionLengthMeter meter(parsae::CodeQuantizer(coded.code, coded.n_latents(), {.n_bins = n_bins}));
  meter.add(coded.code);
  return meter.result().bits_total();
}

double measured_fvu(const AttributeCodes& attributes, const AttributeCodes::Coded& coded) {
  parsae::ReconstructionMetrics metrics;
  metrics.add<double>(attributes.samples(), coded.w_dec * parsae::test::dense(coded.code, coded.n_latents()));
  return metrics.fvu();
}

const SplittingSettings settings{.kinds = {2, 3, 8}, .n_magnitudes = 4, .n_samples = 500, .bits_per_weight = 6};

}  // namespace

TEST_CASE("the figures for fixed magnitudes are those of codes that are measured") {
  const auto rows = splitting_rows(Splitting::FixedMagnitudes, settings);
  const auto with_dictionary = splitting_rows(Splitting::FixedWithDictionary, settings);
  REQUIRE((rows.size() == 3 && with_dictionary.size() == 3));
  for (std::size_t r = 0; r < 3; ++r) {
    const Index m = settings.kinds[r];
    const AttributeCodes attributes(m, {1.0});
    CHECK(rows[r].kinds == m);
    CHECK_THAT(rows[r].bits_compositional, close_to(measured_bits(attributes.compositional(), 1), 1e-12));
    CHECK_THAT(rows[r].bits_split, close_to(measured_bits(attributes.pairs(), 1), 1e-12));
    CHECK(rows[r].bits_split < rows[r].bits_compositional);
    const double weight = 2.0 * static_cast<double>(m) * 6 / 500;  // one latent's direction
    CHECK_THAT(with_dictionary[r].bits_compositional,
               close_to(rows[r].bits_compositional + 2.0 * static_cast<double>(m) * weight, 1e-12));
    CHECK_THAT(with_dictionary[r].bits_split,
               close_to(rows[r].bits_split + static_cast<double>(m * m) * weight, 1e-12));
  }
  CHECK(with_dictionary[2].bits_split > with_dictionary[2].bits_compositional);
}

TEST_CASE("the figures for independent magnitudes are those of codes that are measured") {
  const auto rows = splitting_rows(Splitting::IndependentMagnitudes, settings);
  REQUIRE(rows.size() == 3);
  for (const SplittingRow& row : rows) {
    const AttributeCodes attributes(row.kinds, parsae::test::even_magnitudes(4));
    CHECK_THAT(row.bits_compositional, close_to(measured_bits(attributes.compositional(), 4), 1e-12));
    CHECK_THAT(row.bits_split, close_to(measured_bits(attributes.in_company(), 4), 1e-12));
    CHECK(row.bits_split > row.bits_compositional + 1);
    // 0.5, 1.5, 2.5, 3.5
    CHECK_THAT(least_fvu_of_pairs(row.kinds, 2, 5.25), close_to(measured_fvu(attributes, attributes.pairs()), 1e-12));
  }
}

TEST_CASE("one kind is no attribute") {
  CHECK_THROWS_WITH(splitting_rows(Splitting::FixedMagnitudes, {.kinds = {1}}),
                    "splitting_rows kinds: expected at least 2, got 1");
}

}  // namespace mnist_mdl_splitting_test
