// SPDX-License-Identifier: MIT
#include <parsae/train/branch.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace branch_test {

using namespace parsae;

TEST_CASE("A branch without entries is not used", "[branch]") {
  Branch<double> branch;
  CHECK_FALSE(branch.is_used());
  branch.code.resize_entries(1);
  CHECK(branch.is_used());
}

TEST_CASE("Few latents with many entries each are as dense as many", "[branch]") {
  constexpr Index n_latents = 600;
  constexpr Index batch = 240;
  constexpr Index n_outputs = 10;
  const auto prefers_tiles = [&](Index n_used, Index every) {
    Branch<float> branch;
    const Matrix<float> pre_acts = test::random_matrix<float>(n_latents, batch, 1);
    branch.code = test::code_where<float>(
        pre_acts, [&](Index j, Index i) { return j < n_used && (i + j) % every == 0; },
        [&](Index j, Index i) { return pre_acts(j, i); });
    branch.by_latent.count(branch.code, n_latents, Threads(1));
    return branch.prefers_tiles(n_outputs);
  };
  CHECK(prefers_tiles(n_latents, 2));
  CHECK_FALSE(prefers_tiles(n_latents, 20));
  CHECK(prefers_tiles(64, 2));  // a twentieth of all entries
  CHECK_FALSE(prefers_tiles(64, 20));
}

TEST_CASE("A dense code and a sparse one come into the order of latents alike", "[branch]") {
  for (const double threshold : {0.0, 2.5}) {
    Branch<float> branch;
    branch.code = test::reference_threshold<float>(test::random_matrix<float>(90, 200, 1),
                                                   Vector<float>::Constant(90, static_cast<float>(threshold)), 0);
    branch.d_values.resize(branch.code.stored());
    for (Index e = 0; e < branch.d_values.size(); ++e) branch.d_values[e] = static_cast<float>(e);
    LatentMajor<float> expected;
    expected.build(branch.code, branch.d_values, 90, Threads(1));
    branch.by_latent.count(branch.code, 90, Threads(1));
    CHECK(branch.prefers_tiles(5) == (threshold == 0));
    if (branch.prefers_tiles(5)) branch.used.find(branch.code, branch.by_latent, Threads(1));
    branch.order_by_latent(5, Threads(2));
    Index n_wrong = 0;
    for (Index j = 0; j < 90; ++j) {
      REQUIRE(branch.by_latent.count_of(j) == expected.count_of(j));
      for (Index e = 0; e < expected.count_of(j); ++e)
        n_wrong += branch.by_latent.entries(j).samples[e] != expected.entries(j).samples[e] ||
                   branch.by_latent.d_values(j)[e] != expected.d_values(j)[e];
    }
    CHECK(n_wrong == 0);
  }
}

}  // namespace branch_test
