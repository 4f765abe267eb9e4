// SPDX-License-Identifier: MIT
#include <parsae/allocators/zipf_law.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>

#include <numeric>
#include <vector>

namespace zipf_law_test {

using namespace parsae;
using test::close_to;

namespace {

/// As it is written: share out in proportion, cut what is above 1, share the excess out among the others, again.
std::vector<double> plain_densities(Index n, double total, double exponent, double shift) {
  std::vector<double> weights;
  for (Index r = 1; r <= n; ++r) weights.push_back(std::pow(static_cast<double>(r) + shift, -exponent));
  std::vector<double> densities(weights.size(), 0);
  std::vector<bool> full(weights.size(), false);
  for (bool again = true; again;) {
    again = false;
    double left = total;
    double sum = 0;
    for (std::size_t r = 0; r < weights.size(); ++r) (full[r] ? left -= 1 : sum += weights[r]);
    for (std::size_t r = 0; r < weights.size(); ++r) densities[r] = full[r] ? 1 : left * weights[r] / sum;
    for (std::size_t r = 0; r < weights.size(); ++r)
      if (densities[r] > 1) again = full[r] = true;
  }
  return densities;
}

Buffer<double> exact_zipf(Index n, double exponent, double shift) {
  Buffer<double> densities(n);
  for (Index r = 0; r < n; ++r) densities[r] = 0.3 * std::pow(static_cast<double>(r + 1) + shift, -exponent);
  return densities;
}

}  // namespace

TEST_CASE("densities follow the law, none above 1, and have the sum asked for") {
  for (const double exponent : {0.0, 0.4, 1.0, 2.5})
    for (const double shift : {0.0, 3.5})
      for (const double total : {0.01, 1.0, 7.3, 39.5, 50.0}) {
        CAPTURE(exponent, shift, total);
        const Buffer<double> densities = ZipfLaw{exponent, shift}.densities(50, total);
        const std::vector<double> expected = plain_densities(50, total, exponent, shift);
        for (Index r = 0; r < 50; ++r) {
          CHECK_THAT(densities[r], close_to(expected[static_cast<std::size_t>(r)], 1e-12));
          CHECK(densities[r] <= 1 + 1e-12);
          CHECK((r == 0 || densities[r] <= densities[r - 1] + 1e-12));
        }
        CHECK_THAT(std::accumulate(densities.begin(), densities.end(), 0.0), close_to(total, 1e-12));
      }
}

TEST_CASE("one latent, and weights that span hundreds of orders of magnitude") {
  CHECK(ZipfLaw{2, 0}.densities(1, 0.25)[0] == 0.25);
  const Buffer<double> steep = ZipfLaw{10, 0}.densities(100'000, 3);
  CHECK(steep[0] == 1);
  CHECK(steep[1] == 1);
  CHECK(steep[99'999] > 0);
  CHECK_THAT(std::accumulate(steep.begin(), steep.end(), 0.0), close_to(3, 1e-12));
}

TEST_CASE("the fitted exponent of densities that follow the law is the law's, whatever their scale") {
  for (const double exponent : {0.0, 0.5, 1.0, 1.7})
    for (const double shift : {0.0, 2.0}) {
      CHECK_THAT(ZipfLaw::fit_exponent(exact_zipf(200, exponent, shift).slice(), shift), close_to(exponent, 1e-9));
      CHECK_THAT(ZipfLaw::fit_exponent(exact_zipf(2, exponent, shift).slice(), shift), close_to(exponent, 1e-9));
    }
}

TEST_CASE("the fitted exponent is the one of largest likelihood") {
  Buffer<double> densities(60);
  for (Index r = 0; r < 60; ++r) densities[r] = r < 35 ? 0.4 / (1 + 0.1 * static_cast<double>(r * r)) : 0;
  for (const double shift : {0.0, 4.0}) {
    const auto log_likelihood = [&](double exponent) {
      double sum = 0;
      for (Index r = 0; r < 60; ++r) sum += std::pow(static_cast<double>(r + 1) + shift, -exponent);
      double likelihood = 0;
      for (Index r = 0; r < 60; ++r)
        likelihood += densities[r] * (-exponent * std::log(static_cast<double>(r + 1) + shift) - std::log(sum));
      return likelihood;
    };
    const double fitted = ZipfLaw::fit_exponent(densities.slice(), shift);
    CAPTURE(shift, fitted);
    CHECK((fitted > 0.5 && fitted < 5));
    CHECK(log_likelihood(fitted) > log_likelihood(fitted - 1e-3));
    CHECK(log_likelihood(fitted) > log_likelihood(fitted + 1e-3));
  }
}

TEST_CASE("rare latents hardly count in the fit, however many there are") {
  Buffer<double> densities = exact_zipf(100, 1.2, 0);
  for (Index r = 50; r < 100; ++r) densities[r] = 1e-9;
  const double rare = ZipfLaw::fit_exponent(densities.slice(), 0);
  for (Index r = 50; r < 100; ++r) densities[r] = 0;
  CHECK_THAT(rare, close_to(ZipfLaw::fit_exponent(densities.slice(), 0), 1e-6));
  CHECK((rare > 1.2 && rare < 1.6));
}

TEST_CASE("densities that are nothing to fit to") {
  CHECK(ZipfLaw::fit_exponent({}, 0) == 1);
  CHECK(ZipfLaw::fit_exponent(Buffer<double>(5, 0.0).slice(), 0) == 1);
  CHECK(ZipfLaw::fit_exponent(Buffer<double>(1, 0.4).slice(), 0) == 1);
  Buffer<double> cliff(2, 1e-300);
  cliff[0] = 1;
  CHECK(ZipfLaw::fit_exponent(cliff.slice(), 0) == ZipfLaw::largest_exponent);
  CHECK(std::isfinite(ZipfLaw::fit_exponent(exact_zipf(2, 1, 0).slice(), ZipfLaw::largest_shift)));
}

}  // namespace zipf_law_test
