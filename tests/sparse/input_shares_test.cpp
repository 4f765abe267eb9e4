// SPDX-License-Identifier: MIT
#include <parsae/sparse/input_shares.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace input_shares_test {

using namespace parsae;

namespace {

constexpr Index n_inputs = 40;
constexpr Index batch = 200;

/// Entries between 0.5 and 1 in magnitude, so that no input is larger than the others.
Matrix<float> even_inputs() {
  Matrix<float> inputs = test::random_matrix<float>(n_inputs, batch, 1);
  return inputs.unaryExpr([](float x) { return (x < 0 ? -0.5F : 0.5F) + 0.5F * std::clamp(x, -1.0F, 1.0F); });
}

std::vector<float> spread(const InputShares& shares, const Vector<float>& column, bool is_sample) {
  std::vector<float> entries(static_cast<std::size_t>(shares.size(column.size())) + 1, 77);
  if (is_sample)
    shares.spread_sample(column.data(), entries.data());
  else
    shares.spread_latent(column.data(), entries.data());
  CHECK(entries.back() == 77);
  entries.pop_back();
  return entries;
}

}  // namespace

TEST_CASE("shares add up to the same products", "[input_shares]") {
  Matrix<float> inputs = even_inputs();
  inputs.row(3) *= 20;
  inputs.row(17) *= 3.5F;
  InputShares shares;
  shares.measure(inputs, 100);
  // max |x| is 1 for most inputs, so the level is 1.25: 20 / 1.25 = 16 shares, 3.5 / 1.25 makes 4.
  REQUIRE(shares.size(n_inputs) == n_inputs + 15 + 3);
  const Vector<float> latent = test::random_vector<float>(n_inputs, 2);
  const std::vector<float> latent_entries = spread(shares, latent, false);
  for (Index i = 0; i < batch; ++i) {
    const Vector<float> sample = inputs.col(i);
    const std::vector<float> entries = spread(shares, sample, true);
    double product = 0;
    for (std::size_t e = 0; e < entries.size(); ++e) {
      product += static_cast<double>(entries[e]) * static_cast<double>(latent_entries[e]);
      CHECK(std::abs(entries[e]) <= 1.25F);
    }
    const double expected = sample.cast<double>().dot(latent.cast<double>());
    CHECK(std::abs(product - expected) <= 1e-13 * sample.norm() * latent.norm());
    CHECK(entries[3] == sample(3) / 16);
    CHECK(entries[17] == sample(17) / 4);
    CHECK(entries[5] == sample(5));
  }
  shares.measure(inputs, 18);  // just enough
  CHECK(shares.size(n_inputs) == n_inputs + 18);
  shares.measure(inputs, 17);  // the level doubles: 20 / 2.5 = 8 shares, and 3.5 is no longer large
  CHECK(shares.size(n_inputs) == n_inputs + 7);
}

TEST_CASE("inputs of one size are left alone, and so is what has no size", "[input_shares]") {
  InputShares shares;
  shares.measure(even_inputs(), 100);
  CHECK(shares.empty());
  Matrix<float> inputs = even_inputs();
  inputs.row(3) *= 2.4F;  // not twice the level
  shares.measure(inputs, 100);
  CHECK(shares.empty());
  inputs.row(3) *= 100;
  shares.measure(inputs, 1000);
  REQUIRE_FALSE(shares.empty());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    Matrix<float> damaged = inputs;
    damaged(7, 11) = bad;
    shares.measure(damaged, 1000);
    CHECK(shares.empty());
  }
  shares.measure(Matrix<float>::Zero(n_inputs, batch), 100);
  CHECK(shares.empty());
  shares.measure(Matrix<float>(0, batch), 100);
  CHECK(shares.empty());
  shares.measure(Matrix<float>(n_inputs, 0), 100);
  CHECK(shares.empty());
  inputs.bottomRows(n_inputs - 5).setZero();  // most inputs are silent: nothing to compare with
  shares.measure(inputs, 1000);
  CHECK(shares.empty());
}

TEST_CASE("there are never more copies than allowed", "[input_shares]") {
  Matrix<float> inputs = even_inputs();
  for (Index q = 0; q < 10; ++q) inputs.row(q) *= std::pow(4.0F, static_cast<float>(q));
  InputShares shares;
  Index before = 0;
  for (const Index most : {0, 1, 3, 10, 31, 100, 1000, 100000}) {
    shares.measure(inputs, most);
    const Index n_copies = shares.size(n_inputs) - n_inputs;
    CHECK(n_copies <= most);
    CHECK(n_copies >= before);
    before = n_copies;
  }
  CHECK(before > 1000);
  inputs.row(3) *= 1e30F;
  shares.measure(inputs, 5000);
  CHECK(shares.size(n_inputs) <= n_inputs + 5000);
}

}  // namespace input_shares_test
