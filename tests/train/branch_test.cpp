// SPDX-License-Identifier: MIT
#include <parsae/train/branch.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

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
