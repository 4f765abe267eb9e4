// SPDX-License-Identifier: MIT
#include <parsae/losses/aux_zipf.hpp>

#include <support/close_to.hpp>
#include <support/walk_case.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace aux_zipf_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A history written out by hand; the ranks follow from the densities.
class History {
 public:
  History(const std::vector<double>& density, const std::vector<int>& dead_latents) {
    dead_.assign(static_cast<Index>(density.size()), 0);
    for (const int latent : dead_latents) dead_[latent] = 1;
    n_dead_ = static_cast<Index>(dead_latents.size());
    for (const double rho : density) density_.push_back(rho);
    for (std::size_t j = 0; j < density.size(); ++j) {
      LatentId rank = 0;
      for (std::size_t other = 0; other < density.size(); ++other)
        rank += density[other] > density[j] || (density[other] == density[j] && other < j);
      rank_.push_back(rank);
    }
  }

  [[nodiscard]] LatentHistory get() const { return {dead_.slice(), n_dead_, density_.slice(), rank_.slice()}; }
  [[nodiscard]] LatentHistory without_densities() const { return {dead_.slice(), n_dead_}; }
  [[nodiscard]] const Buffer<std::uint8_t>& dead() const { return dead_; }

 private:
  Buffer<std::uint8_t> dead_;
  Index n_dead_ = 0;
  Buffer<double> density_;
  Buffer<LatentId> rank_;
};

/// The latents that a loss makes eligible; their count must be what it returns.
std::vector<Index> under_used(const AuxZipf& loss, const LatentHistory& history) {
  Buffer<std::uint8_t> eligible(history.dead.size(), 77);
  const Index n = loss.mark_eligible(history, eligible.slice());
  std::vector<Index> latents;
  for (Index j = 0; j < eligible.size(); ++j) {
    CHECK(eligible[j] <= 1);
    if (eligible[j] != 0) latents.push_back(j);
  }
  CHECK(n == static_cast<Index>(latents.size()));
  return latents;
}

}  // namespace

TEST_CASE("worked values: which latents are under-used", "[aux_zipf]") {
  // L0 = 2.2. Ranks of the latents: 1, 0, 3, 2. With alpha = 1, sum w = 25/12 and expected = 1.056, 0.528, 0.352,
  // 0.264.
  const History history({0.6, 1.5, 0.02, 0.08}, {});
  CHECK(under_used(AuxZipf(), history.get()) == std::vector<Index>{2});                        // 0.02 < 0.0264
  CHECK(under_used(AuxZipf({.under_use = 0.07}), history.get()) == std::vector<Index>{});      // 0.01848
  CHECK(under_used(AuxZipf({.under_use = 0.22}), history.get()) == std::vector<Index>{2});     // 0.0774 for the third
  CHECK(under_used(AuxZipf({.under_use = 0.23}), history.get()) == std::vector<Index>{2, 3});  // 0.08096
  CHECK(under_used(AuxZipf({.under_use = 1}), history.get()) == std::vector<Index>{2, 3});     // 0.6 and 1.5 are more

  // alpha = 0: every rank expects 0.55.
  CHECK(under_used(AuxZipf({.under_use = 0.15, .exponent = 0}), history.get()) == std::vector<Index>{2, 3});
  // alpha = 1, beta = 9: w = 1/10, 1/11, 1/12, 1/13, expected of the last 0.4877 and of the one before 0.5283.
  CHECK(under_used(AuxZipf({.under_use = 0.15, .offset = 9}), history.get()) == std::vector<Index>{2});
  CHECK(under_used(AuxZipf({.under_use = 0.155, .offset = 9}), history.get()) == std::vector<Index>{2, 3});
  // alpha = 2: w = 1, 1/4, 1/9, 1/16, expected of the last 0.09659.
  CHECK(under_used(AuxZipf({.under_use = 0.2, .exponent = 2}), history.get()) == std::vector<Index>{});
  CHECK(under_used(AuxZipf({.under_use = 0.21, .exponent = 2}), history.get()) == std::vector<Index>{2});
}

TEST_CASE("Dead latents are under-used whatever their density, and counted once", "[aux_zipf]") {
  const History history({0.6, 1.5, 0.02, 0.08}, {0, 2});
  CHECK(under_used(AuxZipf(), history.get()) == std::vector<Index>{0, 2});
  CHECK(under_used(AuxZipf({.under_use = 0.23}), history.get()) == std::vector<Index>{0, 2, 3});
}

TEST_CASE("Without densities, or with tau = 0, the dead latents alone are eligible, as with AuxK", "[aux_zipf]") {
  const History history({0.6, 1.5, 0, 0.08, 0}, {3});
  CHECK(under_used(AuxZipf(), history.without_densities()) == std::vector<Index>{3});
  CHECK(under_used(AuxZipf({.under_use = 0}), history.get()) == std::vector<Index>{3});
  CHECK(under_used(AuxZipf(), history.get()) == std::vector<Index>{2, 3, 4});
}

TEST_CASE("Where nothing is ever active nothing is expected, and nothing under-used but the dead", "[aux_zipf]") {
  const History history({0, 0, 0}, {1});
  CHECK(under_used(AuxZipf({.under_use = 1}), history.get()) == std::vector<Index>{1});
}

TEST_CASE("Under-use has a plain reference, and does not depend on the unit of densities", "[aux_zipf]") {
  constexpr Index n = 500;
  const Vector<double> random = test::random_vector<double>(n, 3);
  std::vector<double> density;
  for (Index j = 0; j < n; ++j) density.push_back(std::exp(3 * random(j) - 5));
  std::vector<double> descending = density;
  std::sort(descending.begin(), descending.end(), std::greater<>());
  double weights = 0;
  for (Index r = 1; r <= n; ++r) weights += std::pow(static_cast<double>(r) + 2.5, -1.3);
  const double l0 = std::accumulate(density.begin(), density.end(), 0.0);
  std::vector<Index> expected;
  for (Index j = 0; j < n; ++j) {
    const double rho = density[static_cast<std::size_t>(j)];
    const auto rank = std::find(descending.begin(), descending.end(), rho) - descending.begin() + 1;
    if (rho < 0.3 * l0 * std::pow(static_cast<double>(rank) + 2.5, -1.3) / weights) expected.push_back(j);
  }
  REQUIRE(expected.size() > 20);
  REQUIRE(expected.size() < 480);
  const AuxZipf loss({.under_use = 0.3, .exponent = 1.3, .offset = 2.5});
  CHECK(under_used(loss, History(density, {}).get()) == expected);
  for (double& rho : density) rho /= 1024;
  CHECK(under_used(loss, History(density, {}).get()) == expected);
}

TEST_CASE("AuxZipf selects and measures like AuxK", "[aux_zipf]") {
  const AuxZipf zipf({.coefficient = 0.25, .k_aux = 3});
  const AuxK aux_k({.coefficient = 0.25, .k_aux = 3});
  const Matrix<double> residual = test::random_matrix<double>(4, 6, 1);
  const Matrix<double> recon = test::random_matrix<double>(4, 6, 2);
  Matrix<double> d_zipf(4, 6);
  Matrix<double> d_aux_k(4, 6);
  CHECK(zipf.add<double>(residual, recon, 3.5, d_zipf) == aux_k.add<double>(residual, recon, 3.5, d_aux_k));
  CHECK(d_zipf == d_aux_k);
  CHECK(d_zipf.norm() > 0);

  const test::WalkCase<float> input = test::WalkCase<float>::random(5, 40, 30);
  Buffer<std::uint8_t> eligible(40, 0);
  for (Index j = 0; j < 40; j += 3) eligible[j] = 1;
  const SparseCode<float> code = input.code(zipf.select<float>(30, 5, eligible.slice(), 14));
  CHECK(test::first_difference(code, test::reference_top_k(input.pre_acts(), 3, eligible.slice())) == "");
  CHECK(input.code(AuxZipf().select<float>(30, 4, eligible.slice(), 14)).count_of(0) == 2);  // half the outputs
}

TEST_CASE("AuxZipf refuses settings that mean nothing", "[aux_zipf]") {
  CHECK_THROWS_WITH(AuxZipf({.coefficient = -1}), ContainsSubstring("AuxZipf coefficient"));
  CHECK_THROWS_WITH(AuxZipf({.k_aux = -2}), ContainsSubstring("AuxZipf k_aux") && ContainsSubstring("got -2"));
  CHECK_THROWS_WITH(AuxZipf({.under_use = 1.5}), "AuxZipf under_use: expected a value from 0 to 1, got 1.5");
  CHECK_THROWS_WITH(AuxZipf({.exponent = -1}), ContainsSubstring("AuxZipf exponent"));
  CHECK_THROWS_WITH(AuxZipf({.offset = -1}), ContainsSubstring("AuxZipf offset"));
  CHECK_THROWS_AS(AuxZipf({.under_use = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  CHECK(AuxZipf().settings().coefficient == 1.0 / 32);
  CHECK(AuxZipf::name == "aux_zipf");
}

}  // namespace aux_zipf_test
