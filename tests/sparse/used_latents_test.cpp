// SPDX-License-Identifier: MIT
#include <parsae/sparse/used_latents.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace used_latents_test {

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
    used.find(code, by_latent, Threads(1));
    REQUIRE(used.size() == 3);
    CHECK((used.latent(0) == 1 && used.latent(1) == 2 && used.latent(2) == 5));
    for (Index rank = 0; rank < 3; ++rank) CHECK(used.rank(used.latent(rank)) == rank);
  }
}

TEMPLATE_TEST_CASE("bits and first entries of every panel find each entry of a code", "", float, double) {
  using Used = UsedLatents<TestType>;
  Used used;  // one for all, to see that nothing is left from the code before
  LatentMajor<TestType> by_latent;
  for (const Index n_latents : {1, 31, 33, 150})
    for (const Index batch : {0, 1, 16, 65, 130})
      for (const TestType threshold : {TestType(-10), TestType(0.5), TestType(2)}) {  // dense, half empty, unused
        const SparseCode<TestType> code = test::reference_threshold<TestType>(
            test::random_matrix<TestType>(n_latents, batch, 3), Vector<TestType>::Constant(n_latents, threshold), 1);
        by_latent.count(code, n_latents, Threads(1));
        for (const int threads : {1, 3}) {
          used.find(code, by_latent, Threads(threads));
          CAPTURE(n_latents, batch, threshold, threads);
          REQUIRE(used.n_panels() == divide_up(used.size(), Used::panel_width));
          Index n_wrong = 0;
          Index n_found = 0;
          for (Index panel = 0; panel < used.n_panels(); ++panel)
            for (Index i = 0; i < divide_up(batch, Used::strip) * Used::strip; ++i) {
              const std::uint32_t bits = used.strip_bits(panel, i / Used::strip * Used::strip)[i % Used::strip];
              if (i >= batch) {
                n_wrong += bits != 0;
                continue;
              }
              n_wrong += bits != used.bits(panel, i);
              Index e = used.first_entry(code, panel, i);
              for (Index r = 0; r < Used::panel_width; ++r) {
                if ((bits >> r & 1U) == 0) continue;
                n_wrong += code.latents[e++] != used.latent(panel * Used::panel_width + r);
                ++n_found;
              }
              n_wrong += e > code.begin_of(i) + code.count_of(i);
            }
          CHECK(n_wrong == 0);
          CHECK(n_found == code.stored());
        }
      }
}

}  // namespace used_latents_test
