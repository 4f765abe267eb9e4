// SPDX-License-Identifier: MIT
#include <parsae/losses/value_bits.hpp>

#include <support/close_to.hpp>

#include <numbers>
#include <vector>

namespace value_bits_test {

using namespace parsae;

namespace {

constexpr double ln2 = std::numbers::ln2;

LatentActivity activity_of(const std::vector<double>& values) {
  LatentActivity activity{100, static_cast<double>(values.size()), 0, 0};
  for (const double value : values) activity.mean += value / activity.active;
  for (const double value : values)
    activity.variance += (value - activity.mean) * (value - activity.mean) / activity.active;
  return activity;
}

double mean_bits(const std::vector<double>& values, double norm, double noise) {
  const ValueBits bits(activity_of(values), norm, noise);
  double sum = 0;
  for (const double value : values) sum += bits.bits(value);
  return sum / static_cast<double>(values.size());
}

double normal_density(double at, double mean, double variance) {
  return std::exp(-(at - mean) * (at - mean) / (2 * variance)) / std::sqrt(2 * std::numbers::pi * variance);
}

/// Bits of the entropy of a normal value of variance 1 in bins of this width, over bins that start anywhere.
double entropy_in_bins(double width) {
  double total = 0;
  constexpr int n_offsets = 20;
  for (int offset = 0; offset < n_offsets; ++offset) {
    for (double edge = -12 + width * offset / n_offsets; edge < 12; edge += width) {
      const double p = (std::erf((edge + width) / std::numbers::sqrt2) - std::erf(edge / std::numbers::sqrt2)) / 2;
      if (p > 1e-15) total -= p * std::log2(p) / n_offsets;
    }
  }
  return total;
}

}  // namespace

TEST_CASE("ValueBits: worked numbers", "[value_bits]") {
  const ValueBits bits({100, 10, 1, 0.12}, 1, 0.04);  // V = 0.16 = 4 sigma^2: one bit of spread
  CHECK_THAT(bits.bits(1), test::close_to(1 + 0.125 / ln2, 1e-14));
  CHECK_THAT(bits.bits(1.4), test::close_to(1 + 0.625 / ln2, 1e-14));
  CHECK_THAT(bits.bits(0.6), test::close_to(1 + 0.625 / ln2, 1e-14));
  CHECK(bits.slope(1) == 0);
  CHECK_THAT(bits.slope(1.4), test::close_to(2.5 / ln2, 1e-14));
  CHECK_THAT(bits.norm_slope(1.4), test::close_to(1 / ln2, 1e-14));
  // A column of norm 2 is the same latent with values twice as large.
  const ValueBits half({100, 10, 0.5, 0.03}, 2, 0.04);
  CHECK_THAT(half.bits(0.7), test::close_to(bits.bits(1.4), 1e-14));
  CHECK_THAT(half.slope(0.7), test::close_to(2 * bits.slope(1.4), 1e-14));
}

TEST_CASE("ValueBits is relative entropy and what the noise costs in the residual", "[value_bits]") {
  const ValueBits bits({100, 10, 1, 0.12}, 1, 0.04);
  for (const double value : {0.7, 1.0, 1.9}) {
    double divergence = 0;
    const double step = 1e-4;
    for (double at = value - 2; at < value + 2; at += step) {
      const double sent = normal_density(at, value, 0.04);
      if (sent > 0) divergence += step * sent * std::log2(sent / normal_density(at, 1, 0.16));
    }
    CHECK_THAT(bits.bits(value), test::close_to(divergence + 0.04 / (2 * 0.04 * ln2), 1e-8));
  }
}

TEST_CASE("The mean over a latent's values is the closed form", "[value_bits]") {
  const std::vector<double> values{0.5, 0.9, 1.4, 1.45, 3};
  const double variance = activity_of(values).variance;
  for (const double norm : {1.0, 0.4})
    CHECK_THAT(mean_bits(values, norm, 0.09),
               test::close_to(std::log2(1 + norm * norm * variance / 0.09) / 2 + 1 / (2 * ln2), 1e-14));
}

TEST_CASE("The mean has the same slopes as if mean and variance followed", "[value_bits]") {
  std::vector<double> values{0.5, 0.9, 1.4, 1.45, 3};
  const ValueBits bits(activity_of(values), 0.8, 0.09);
  constexpr double step = 1e-5;
  double norm_slope = 0;
  for (double& value : values) {
    norm_slope += bits.norm_slope(value) / 5;
    const double kept = value;
    value = kept + step;
    const double above = mean_bits(values, 0.8, 0.09);
    value = kept - step;
    const double below = mean_bits(values, 0.8, 0.09);
    value = kept;
    CHECK_THAT(bits.slope(kept) / 5, test::close_to((above - below) / (2 * step), 1e-9));
  }
  const double difference = mean_bits(values, 0.8 + step, 0.09) - mean_bits(values, 0.8 - step, 0.09);
  CHECK_THAT(norm_slope, test::close_to(difference / (2 * step), 1e-9));
}

TEST_CASE("Entropy-coded bins of sqrt(12) sigma need up to a quarter of a bit more", "[value_bits]") {
  const double most = std::log2(2 * std::numbers::pi * std::numbers::e / 12) / 2;
  for (const double spread : {0.5, 1.0, 3.0, 20.0}) {  // s / sigma
    const double sent = std::log2(1 + spread * spread) / 2;
    const double excess = entropy_in_bins(std::sqrt(12) / spread) - sent;
    CAPTURE(spread, excess);
    CHECK(excess > 0);
    CHECK(excess < most + 1e-3);
    if (spread == 20.0) CHECK_THAT(excess, test::close_to(most, 3e-3));
  }
}

TEST_CASE("sqrt(12) sigma is the best width of a bin", "[value_bits]") {
  const double noise = 0.09;
  const auto message = [&](double width) { return -std::log2(width) + width * width / (24 * noise * ln2); };
  const double best = std::sqrt(12 * noise);
  for (const double factor : {0.5, 0.9, 0.99, 1.01, 1.1, 2.0}) CHECK(message(best) < message(factor * best));
}

TEST_CASE("Without a known value every value is the mean, and constant values cost their noise alone", "[value_bits]") {
  const ValueBits unknown({100, 0, 0, 0}, 1, 0.04);
  for (const double value : {0.0, 0.3, 50.0}) {
    CHECK_THAT(unknown.bits(value), test::close_to(1 / (2 * ln2), 1e-14));
    CHECK(unknown.slope(value) == 0);
    CHECK(unknown.norm_slope(value) == 0);
  }
  const ValueBits constant({100, 10, 0.3, 0}, 1, 0.04);
  CHECK_THAT(constant.bits(0.3), test::close_to(1 / (2 * ln2), 1e-14));
}

}  // namespace value_bits_test
