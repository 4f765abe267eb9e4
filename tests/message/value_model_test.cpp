// SPDX-License-Identifier: MIT
#include <parsae/analysis/description_length.hpp>
#include <parsae/message/value_model.hpp>

#include <analysis/code_fixture.hpp>
#include <analysis/presence_fixture.hpp>
#include <support/close_to.hpp>

#include <limits>

namespace value_model_test {

using namespace parsae;

TEST_CASE("fine histograms cost the entropy of the values, coarse ones more") {
  const auto code = test::family_code<double>(20, 1500, 95);
  const CodeQuantizer quantizer(code, 20, {.n_bins = 16});
  DescriptionLengthMeter meter(quantizer);
  meter.add(code);
  const double entropy = meter.result().bits_value * 1500;
  CHECK_THAT(value_bits(value_model(meter.counts(), 24), meter.counts()), test::close_to(entropy, 1e-12));
  double before = entropy * (1 - 1e-12);
  for (const int precision : {8, 5, 3}) {
    const double bits = value_bits(value_model(meter.counts(), precision), meter.counts());
    CHECK(bits > before);
    before = bits;
  }
  CHECK(before < 1.5 * entropy);
}

TEST_CASE("only latents that were active have a histogram") {
  const auto code = test::code_from({{{1, 1.0}}, {{3, 0.3}}, {{3, 0.9}}});
  const CodeQuantizer quantizer(code, 5, {.n_bins = 4});
  CodeCounts counts(quantizer);
  counts.add(code);
  const ValueModel model = value_model(counts, 8);
  CHECK(model.n_tables() == 2);
  const Index expected[] = {-1, 0, -1, 1, -1};
  for (Index j = 0; j < 5; ++j) CHECK(model.table_of_latent[j] == expected[j]);
  CHECK(model.histogram(0)[3] == 1);
  CHECK(model.histogram(1)[1] == 1);
  CHECK(model.histogram(1)[3] == 1);
  CHECK(value_bits(model, counts) == 2);

  ValueModel wrong = model;
  wrong.frequencies[3] = 0;
  wrong.frequencies[2] = 1;
  CHECK(value_bits(wrong, counts) == std::numeric_limits<double>::infinity());
}

}  // namespace value_model_test
