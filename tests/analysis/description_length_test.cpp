// SPDX-License-Identifier: MIT
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>

#include <analysis/attribute_codes.hpp>
#include <analysis/code_fixture.hpp>
#include <support/close_to.hpp>

#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

namespace description_length_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Range = CodeQuantizer::Range;

namespace {

template <class Scalar>
CodeQuantizer quantizer_of(const SparseCode<Scalar>& code, Index n_latents, Index n_bins, Range range = Range::Shared) {
  return {code, n_latents, {.n_bins = n_bins, .range = range}};
}

template <class Scalar>
DescriptionLength length_of(const SparseCode<Scalar>& code, Index n_latents, Index n_bins,
                            Range range = Range::Shared) {
  DescriptionLengthMeter meter(quantizer_of(code, n_latents, n_bins, range));
  meter.add(code);
  return meter.result();
}

/// Sample i has the single latent i mod n_latents.
SparseCode<double> one_hot(Index n_latents, Index repeats, double value) {
  SparseCode<double> code;
  for (Index i = 0; i < n_latents * repeats; ++i) {
    code.latents.push_back(static_cast<LatentId>(i % n_latents));
    code.values.push_back(value);
    code.pre_acts.push_back(value);
    code.offsets.push_back(code.stored());
  }
  return code;
}

/// Every latent is active in every sample.
SparseCode<double> all_active(const Matrix<double>& values) {
  return test::code_of(values, Matrix<int>::Ones(values.rows(), values.cols()).eval());
}

/// Entropy of the values that occur in a row, zero among them: what is counted is the decoder's view, not bins.
double plain_entropy(const Matrix<double>& values, Index row) {
  std::map<double, double> counts;
  for (Index i = 0; i < values.cols(); ++i) ++counts[values(row, i)];
  double bits = 0;
  for (const auto& [value, count] : counts)
    bits -= count / static_cast<double>(values.cols()) * std::log2(count / static_cast<double>(values.cols()));
  return bits;
}

void check_same(const DescriptionLength& a, const DescriptionLength& b) {
  CHECK(a.bits_presence == b.bits_presence);
  CHECK(a.bits_value == b.bits_value);
  CHECK(a.bits_fixed_index == b.bits_fixed_index);
  CHECK(a.bits_fixed_value == b.bits_fixed_value);
  CHECK(a.bits_upper_bound == b.bits_upper_bound);
  CHECK(a.l0 == b.l0);
  CHECK(a.bits_of_latent == b.bits_of_latent);
  CHECK_THAT(a.bits_enumerative, test::close_to(b.bits_enumerative, 1e-12));  // a sum over samples, in their order
}

}  // namespace

TEST_CASE("the entropy of a yes/no") {
  CHECK(binary_entropy(0) == 0);
  CHECK(binary_entropy(1) == 0);
  CHECK(binary_entropy(0.5) == 1);
  CHECK_THAT(binary_entropy(0.25), WithinAbs(2 - 0.75 * std::log2(3.0), 1e-15));
  CHECK_THAT(binary_entropy(0.1), WithinAbs(binary_entropy(0.9), 1e-15));
}

TEST_CASE("log2 of binomials agrees with Pascal's triangle") {
  for (int n = 0; n <= 50; ++n) {
    double choose = 1;
    for (int k = 0; k <= n; ++k) {
      CHECK_THAT(log2_binomial(n, k), WithinAbs(std::log2(choose), 1e-10));
      choose = choose * (n - k) / (k + 1);
    }
  }
}

TEST_CASE("the bounds of the public description of MDL-SAEs") {
  CHECK_THAT(upper_bound_bits(65, 25000, 7), WithinAbs(1404.6, 0.05));
  CHECK(dense_bits(768, 7) == 5376);
  CHECK(upper_bound_bits(3, 8, 2) == 15);
  CHECK(dictionary_bits_per_sample(512, 784, 8, 60000) == 512.0 * 784 * 8 / 60000);
}

TEST_CASE("one-hot codes of a constant value cost D Hb(1/D), about log2 D + log2 e") {
  for (const Index n_latents : {2, 16, 128, 2048}) {
    const DescriptionLength length = length_of(one_hot(n_latents, 3, 0.7), n_latents, 16);
    const double d = static_cast<double>(n_latents);
    CHECK_THAT(length.bits_presence, test::close_to(std::log2(d) + (d - 1) * std::log2(d / (d - 1)), 1e-12));
    CHECK(length.bits_value == 0);
    CHECK(length.bits_total() == length.bits_presence);
    CHECK_THAT(length.l0, test::close_to(1, 1e-12));
    CHECK_THAT(length.bits_fixed_index, test::close_to(std::log2(d), 1e-12));
    CHECK_THAT(length.bits_enumerative, test::close_to(std::log2(d), 1e-9));
    CHECK_THAT(length.bits_total(), WithinAbs(std::log2(d) + std::numbers::log2e, 1 / d));
  }
}

TEST_CASE("dense codes cost no presence, and the d B bits of a dense vector when every value has B bits") {
  constexpr Index d = 6;
  constexpr int bits = 5;
  constexpr Index n_bins = Index{1} << bits;
  const Matrix<double> gaussian = test::random_matrix<double>(d, 400, 8).cwiseAbs();
  const DescriptionLength length = length_of(all_active(gaussian), d, n_bins);
  CHECK(length.l0 == d);
  CHECK(length.bits_presence == 0);
  CHECK_THAT(length.bits_fixed_value, test::close_to(dense_bits(d, bits), 1e-14));
  CHECK(length.bits_value < length.bits_fixed_value);
  CHECK(length.bits_enumerative == 0);

  Matrix<double> uniform(d, 3 * n_bins);  // every bin of every latent three times
  for (Index i = 0; i < uniform.cols(); ++i) uniform.col(i).setConstant(static_cast<double>(i % n_bins) + 1);
  CHECK_THAT(length_of(all_active(uniform), d, n_bins).bits_total(), test::close_to(dense_bits(d, bits), 1e-14));
}

TEST_CASE("presence and values add up to the plain entropy of every quantized latent, zero included") {
  constexpr Index n_latents = 11;
  const auto code = test::random_code<double>(n_latents, 200, 9);
  REQUIRE(code.active_count() < code.stored());
  for (const Range range : {Range::Shared, Range::PerLatent}) {
    for (const Index n_bins : {1, 2, 5, 32}) {
      const CodeQuantizer quantizer = quantizer_of(code, n_latents, n_bins, range);
      SparseCode<double> received = code;
      quantizer.quantize(received);
      const Matrix<double> values = test::dense(received, n_latents);
      const DescriptionLength length = length_of(code, n_latents, n_bins, range);
      REQUIRE(length.bits_of_latent.size() == n_latents);
      double total = 0;
      for (Index j = 0; j < n_latents; ++j) {
        CHECK_THAT(length.bits_of_latent[j], test::close_to(plain_entropy(values, j), 1e-12));
        total += plain_entropy(values, j);
      }
      CHECK_THAT(length.bits_total(), test::close_to(total, 1e-12));
      CHECK_THAT(std::accumulate(length.bits_of_latent.begin(), length.bits_of_latent.end(), 0.0),
                 test::close_to(length.bits_total(), 1e-12));
      CHECK((length.bits_value == 0) == (n_bins == 1));

      DescriptionLengthMeter of_received(quantizer);  // bins of rounded values are those of the values
      of_received.add(received);
      check_same(of_received.result(), length);
    }
  }
}

TEST_CASE("the alternatives bound what they stand for") {
  for (const std::uint64_t stream : {1u, 2u, 3u}) {
    for (const Index n_bins : {1, 4, 64}) {
      constexpr Index n_latents = 40;
      const auto code = test::random_code<double>(n_latents, 90, stream);
      const DescriptionLength length = length_of(code, n_latents, n_bins, Range::PerLatent);
      CHECK_THAT(length.l0, test::close_to(static_cast<double>(code.active_count()) / 90, 1e-13));
      CHECK(length.bits_enumerative <= length.bits_fixed_index);
      CHECK(length.bits_value <= length.bits_fixed_value + 1e-12);
      CHECK(length.bits_upper_bound == length.bits_fixed_index + length.bits_fixed_value);
      CHECK_THAT(length.bits_upper_bound,
                 test::close_to(upper_bound_bits(length.l0, n_latents, std::log2(static_cast<double>(n_bins))), 1e-13));
      CHECK(length.bits_total() <= length.l0 * std::log2(static_cast<double>(n_bins)) + length.bits_presence + 1e-12);
      CHECK(length.bits_total() <= length.bits_upper_bound + length.l0 * std::numbers::log2e);
      double enumerative = 0;
      for (Index i = 0; i < 90; ++i) {
        const SparseCode<double> sample = test::picked(code, {i});
        enumerative += log2_binomial(n_latents, static_cast<double>(sample.active_count())) / 90;
      }
      CHECK_THAT(length.bits_enumerative, test::close_to(enumerative, 1e-12));
    }
  }
}

TEST_CASE("explicit zeros are not active") {
  const auto code = test::random_code<float>(12, 80, 10);
  const auto active = test::only_active(code);
  REQUIRE(active.stored() < code.stored());
  check_same(length_of(code, 12, 6), length_of(active, 12, 6));
  CHECK(length_of(test::code_from({{{0, 0.0}}, {{1, 0.0}}}), 2, 4).bits_total() == 0);
}

TEST_CASE("codes in pieces cost what they cost at once, in any order of the samples") {
  const auto code = test::random_code<double>(12, 80, 11);
  const CodeQuantizer quantizer = quantizer_of(code, 12, 6);
  DescriptionLengthMeter meter(quantizer);
  for (Index step = 0; step < 7; ++step) {
    std::vector<Index> samples;
    for (Index i = 79 - step; i >= 0; i -= 7) samples.push_back(i);
    meter.add(test::picked(code, samples));
    meter.add(test::code_from({}));
  }
  check_same(meter.result(), length_of(code, 12, 6));
}

TEST_CASE("samples without any active latent count") {
  const DescriptionLength length = length_of(test::code_from({{{0, 1.0}}, {}, {}, {}}), 1, 4);
  CHECK(length.l0 == 0.25);
  CHECK_THAT(length.bits_presence, WithinAbs(binary_entropy(0.25), 1e-15));
}

TEST_CASE("no samples, and latents that do not exist, are refused") {
  DescriptionLengthMeter meter(quantizer_of(one_hot(3, 1, 1.0), 3, 4));
  CHECK_THROWS_WITH(meter.result(), ContainsSubstring("DescriptionLengthMeter samples: expected at least 1, got 0"));
  CHECK_THROWS_WITH(meter.add(test::code_from({{{3, 1.0}}})),
                    ContainsSubstring("DescriptionLengthMeter latent: expected a value from 0 to 2, got 3"));
}

namespace {

using Coded = test::AttributeCodes::Coded;

/// Bits of a code with one bin for each of q even magnitudes.
double bits_of(const Coded& coded, Index q) { return length_of(coded.code, coded.n_latents(), q).bits_total(); }

double fvu_of(const test::AttributeCodes& attributes, const Coded& coded) {
  ReconstructionMetrics metrics;
  metrics.add<double>(attributes.samples(), coded.w_dec * test::dense(coded.code, coded.n_latents()));
  return metrics.fvu();
}

double squared(Index m) { return static_cast<double>(m * m); }

}  // namespace

TEST_CASE("two attributes of fixed magnitude: the bits of codes do not speak against a latent for each pair") {
  for (const Index m : {2, 3, 8, 32}) {
    CAPTURE(m);
    const double kinds = static_cast<double>(m);
    const test::AttributeCodes attributes(m, {1.0});
    const Coded apart = attributes.compositional();
    const Coded pairs = attributes.pairs();
    CHECK(fvu_of(attributes, apart) < 1e-20);
    CHECK(fvu_of(attributes, pairs) < 1e-20);
    CHECK_THAT(bits_of(apart, 1), test::close_to(2 * kinds * binary_entropy(1 / kinds), 1e-12));
    CHECK_THAT(bits_of(pairs, 1), test::close_to(squared(m) * binary_entropy(1 / squared(m)), 1e-12));
    CHECK(bits_of(pairs, 1) < bits_of(apart, 1));
    // 2 log2 m + 2 log2 e against 2 log2 m + log2 e: one active latent fewer to place.
    if (m == 32) CHECK_THAT(bits_of(apart, 1) - bits_of(pairs, 1), WithinAbs(std::numbers::log2e, 0.05));
  }
}

TEST_CASE("two attributes of fixed magnitude: a dictionary for few samples does speak against pairs") {
  constexpr double bits_per_weight = 8;
  for (const Index m : {3, 8, 32}) {
    CAPTURE(m);
    const test::AttributeCodes attributes(m, {1.0});
    const Coded apart = attributes.compositional();
    const Coded pairs = attributes.pairs();
    const auto total = [&](const Coded& coded, double n_samples) {
      return bits_of(coded, 1) + dictionary_bits_per_sample(static_cast<double>(coded.n_latents()),
                                                            static_cast<double>(2 * m), bits_per_weight, n_samples);
    };
    const double balance = static_cast<double>((pairs.n_latents() - apart.n_latents()) * 2 * m) * bits_per_weight /
                           (bits_of(apart, 1) - bits_of(pairs, 1));
    CHECK(total(apart, 0.99 * balance) < total(pairs, 0.99 * balance));
    CHECK(total(apart, 1.01 * balance) > total(pairs, 1.01 * balance));
  }
}

TEST_CASE(
    "two attributes of independent magnitudes: one number cannot say two, and two latents for each pair cost more") {
  for (const Index m : {2, 3, 8})
    for (const Index q : {2, 4}) {
      CAPTURE(m, q);
      const double kinds = static_cast<double>(m);
      const std::vector<double> magnitudes = test::even_magnitudes(q);
      const test::AttributeCodes attributes(m, magnitudes);
      const Coded apart = attributes.compositional();
      const Coded in_company = attributes.in_company();
      CHECK(fvu_of(attributes, apart) < 1e-20);
      CHECK(fvu_of(attributes, in_company) < 1e-20);
      const double values = 2 * std::log2(static_cast<double>(q));
      CHECK_THAT(bits_of(apart, q), test::close_to(2 * kinds * binary_entropy(1 / kinds) + values, 1e-12));
      CHECK_THAT(bits_of(in_company, q),
                 test::close_to(2 * squared(m) * binary_entropy(1 / squared(m)) + values, 1e-12));
      CHECK(bits_of(apart, q) + 1 < bits_of(in_company, q));

      // Of a pair's two magnitudes, independent and of equal variance, a line through any point misses one variance.
      double mean = 0;
      double mean_square = 0;
      for (const double u : magnitudes) {
        mean += u / static_cast<double>(q);
        mean_square += u * u / static_cast<double>(q);
      }
      const double floor = (mean_square - mean * mean) / (2 * mean_square - 2 * mean * mean / kinds);
      CHECK_THAT(fvu_of(attributes, attributes.pairs()), test::close_to(floor, 1e-12));
    }
}

TEST_CASE("where pairs are split on, by the ratio of their magnitudes, the bits of codes do not speak against it") {
  for (const Index m : {2, 8}) {
    CAPTURE(m);
    const test::AttributeCodes attributes(m, {1.0, 2.0, 4.0, 8.0});
    const Coded apart = attributes.compositional();
    const Coded by_ratio = attributes.by_ratio();
    CHECK(by_ratio.n_latents() == 7 * m * m);
    CHECK(fvu_of(attributes, by_ratio) < 1e-20);
    const double bits = bits_of(by_ratio, 8);
    double expected = 0;  // r of the 16 pairs of magnitudes have a given ratio: r values, equally often
    for (const double r : {1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0})
      expected += squared(m) * binary_entropy(r / 16 / squared(m)) + r / 16 * std::log2(r);
    CHECK_THAT(bits, test::close_to(expected, 1e-12));
    CHECK(bits < bits_of(apart, 8));
  }
}

}  // namespace description_length_test
