// SPDX-License-Identifier: MIT
#include <support/close_to.hpp>

#include <cmath>
#include <vector>

#include "../../benchmarks/allocators/latent_usage.hpp"

namespace allocators_latent_usage_test {

namespace {

using namespace parsae_benchmarks;
using parsae::test::close_to;

std::vector<double> zipf(std::size_t n, double scale, double exponent) {
  std::vector<double> density;
  for (std::size_t r = 1; r <= n; ++r) density.push_back(scale * std::pow(static_cast<double>(r), -exponent));
  return density;
}

}  // namespace

TEST_CASE("a Zipf law is fitted exactly, and its lower end and dead latents do not disturb it") {
  std::vector<double> density = zipf(100, 0.3, 0.8);
  CHECK_THAT(fit_zipf(density).exponent, close_to(0.8, 1e-9));
  CHECK_THAT(fit_zipf(density).scale, close_to(0.3, 1e-9));
  CHECK_THAT(fit_zipf(density).at(10), close_to(density[9], 1e-9));
  for (std::size_t r = 90; r < 100; ++r) density[r] = 1e-6;
  density.resize(150, 0.0);
  CHECK_THAT(fit_zipf(density).exponent, close_to(0.8, 1e-9));
}

TEST_CASE("no line goes through fewer than two active latents") {
  CHECK(std::isnan(fit_zipf({}).exponent));
  CHECK(std::isnan(fit_zipf({0.5, 0, 0}).exponent));
}

TEST_CASE("expected densities add up to L0 and fall as 1 / rank") {
  double sum = 0;
  for (std::size_t r = 1; r <= 40; ++r) sum += expected_density(7, r, 40);
  CHECK_THAT(sum, close_to(7, 1e-12));
  CHECK_THAT(expected_density(7, 10, 40), close_to(expected_density(7, 1, 40) / 10, 1e-12));
}

TEST_CASE("under-used are latents below a tenth of what their rank expects, and all dead ones") {
  const std::size_t n = 50;
  std::vector<double> density;
  for (std::size_t r = 1; r <= n; ++r) density.push_back(expected_density(4, r, n));
  CHECK(under_used_fraction(density, 4) == 0);
  for (std::size_t r = 40; r < 45; ++r) density[r] *= 0.101;
  CHECK(under_used_fraction(density, 4) == 0);
  for (std::size_t r = 45; r < n; ++r) density[r] *= 0.099;
  CHECK_THAT(under_used_fraction(density, 4), close_to(0.1, 1e-12));
  for (std::size_t r = 40; r < 45; ++r) density[r] = 0;
  CHECK_THAT(under_used_fraction(density, 4), close_to(0.2, 1e-12));
}

TEST_CASE("a model without any activity uses nothing") {
  CHECK(under_used_fraction({0, 0, 0, 0}, 0) == 1);
  CHECK(std::isnan(under_used_fraction({}, 1)));
}

}  // namespace allocators_latent_usage_test
