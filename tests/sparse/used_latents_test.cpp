// SPDX-License-Identifier: MIT
#include <parsae/sparse/used_latents.hpp>

#include <support/catch.hpp>

using namespace parsae;

TEST_CASE("used latents are those with an entry, ascending, and each knows its rank") {
  UsedLatents<float> used;
  LatentMajor<float> by_latent;
  for (const Index n_latents : {9, 6}) {  // a smaller model after a larger one
    SparseCode<float> code;
    for (const LatentId latent : {5, 1, 5, 2, 1}) {  // a sample each
      code.latents.push_back(latent);
      code.offsets.push_back(code.latents.size());
    }
    by_latent.count(code, n_latents, Threads(1));
    used.find(by_latent);
    REQUIRE(used.size() == 3);
    CHECK((used.latent(0) == 1 && used.latent(1) == 2 && used.latent(2) == 5));
    for (Index rank = 0; rank < 3; ++rank) CHECK(used.rank(used.latent(rank)) == rank);
  }
}
