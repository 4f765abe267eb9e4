// SPDX-License-Identifier: MIT
#include <parsae/analysis/pair_counts.hpp>

#include <analysis/code_fixture.hpp>
#include <support/catch.hpp>

namespace pair_counts_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("pairs are those of a loop over the dense matrix, for any number of threads and any batches") {
  constexpr Index n_latents = 37;
  const auto code = test::random_code<double>(n_latents, 101, 41);
  REQUIRE(code.active_count() < code.stored());
  const Matrix<double> on = (test::dense(code, n_latents).array() != 0).cast<double>();
  const Matrix<double> expected = on * on.transpose();
  for (const int threads : {1, 2, 5}) {
    for (const Index batch : {1, 40, 101}) {
      PairCounts counts(n_latents);
      for (Index first = 0; first < 101; first += batch) {
        std::vector<Index> samples;
        for (Index i = first; i < std::min<Index>(first + batch, 101); ++i) samples.push_back(i);
        counts.add(test::picked(code, samples), Threads(threads));
      }
      CHECK(counts.n_samples() == 101);
      bool is_equal = true;
      for (Index a = 0; a < n_latents; ++a) {
        CHECK(counts.active(a) == static_cast<std::int64_t>(expected(a, a)));
        for (Index b = 0; b < n_latents; ++b)
          is_equal = is_equal && counts.together(a, b) == static_cast<std::int64_t>(expected(a, b));
      }
      CHECK(is_equal);
    }
  }
}

TEST_CASE("latents that do not exist, and more than can be counted, are refused") {
  PairCounts counts(2);
  CHECK_THROWS_WITH(counts.add(test::code_from({{{2, 1.0}}}), Threads(1)),
                    ContainsSubstring("PairCounts latent: expected a value from 0 to 1, got 2"));
  CHECK(counts.n_samples() == 0);
  CHECK_THROWS_WITH(PairCounts(0), ContainsSubstring("PairCounts n_latents: expected a value from 1 to 65536, got 0"));
  CHECK_THROWS_WITH(PairCounts(65537), ContainsSubstring("got 65537"));
}

}  // namespace pair_counts_test
