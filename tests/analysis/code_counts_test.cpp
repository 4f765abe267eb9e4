// SPDX-License-Identifier: MIT
#include <parsae/analysis/code_counts.hpp>

#include <analysis/code_fixture.hpp>
#include <support/catch.hpp>

namespace code_counts_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("counts are those of a loop over the dense matrix, in whatever batches it comes") {
  constexpr Index n_latents = 9;
  constexpr Index n_bins = 5;
  const auto code = test::random_code<float>(n_latents, 120, 21);
  REQUIRE(code.active_count() < code.stored());
  const CodeQuantizer quantizer(code, n_latents, {.n_bins = n_bins, .range = CodeQuantizer::Range::PerLatent});
  CodeCounts counts(quantizer);
  for (Index first = 0; first < 120; first += 40) {
    std::vector<Index> samples;
    for (Index i = first; i < first + 40; ++i) samples.push_back(i);
    counts.add(test::picked(code, samples));
  }
  CHECK(counts.n_samples() == 120);
  CHECK(counts.n_latents() == n_latents);
  CHECK(counts.n_bins() == n_bins);
  const Matrix<double> values = test::dense(code, n_latents);
  for (Index j = 0; j < n_latents; ++j) {
    Buffer<std::int64_t> bins(n_bins, 0);
    std::int64_t active = 0;
    for (Index i = 0; i < 120; ++i) {
      if (values(j, i) == 0) continue;
      ++active;
      ++bins[quantizer.bin(j, values(j, i))];
    }
    CHECK(counts.active(j) == active);
    for (Index bin = 0; bin < n_bins; ++bin) CHECK(counts.bins(j)[bin] == bins[bin]);
  }
}

TEST_CASE("latents that do not exist are refused") {
  const auto code = test::code_from({{{0, 1.0}}});
  CodeCounts counts(CodeQuantizer(code, 2, {.n_bins = 4}));
  CHECK_THROWS_WITH(counts.add(test::code_from({{{2, 1.0}}})),
                    ContainsSubstring("CodeCounts latent: expected a value from 0 to 1, got 2"));
  CHECK(counts.n_samples() == 0);
}

}  // namespace code_counts_test
