// SPDX-License-Identifier: MIT
#include <parsae/sparse/candidate.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <vector>

namespace candidate_test {

using namespace parsae;

TEST_CASE("larger wins, then the lower sample, then the lower latent") {
  const std::vector<Candidate<float>> best_first = {{2, 9, 9}, {1, 4, 0}, {1, 7, 0}, {1, 0, 3}, {0, 0, 0}, {-1, 0, 0}};
  for (std::size_t a = 0; a < best_first.size(); ++a)
    for (std::size_t b = 0; b < best_first.size(); ++b) CHECK(wins(best_first[a], best_first[b]) == (a < b));
}

TEST_CASE("zeros of both signs are equals") {
  CHECK(wins(Candidate<double>{-0.0, 1, 0}, Candidate<double>{0.0, 2, 0}));
  CHECK_FALSE(wins(Candidate<double>{0.0, 2, 0}, Candidate<double>{-0.0, 1, 0}));
}

TEST_CASE("no finite value reaches one floor, every value the other") {
  CHECK(std::numeric_limits<float>::max() < floor_never<float>);
  CHECK(std::numeric_limits<float>::lowest() > floor_always<float>);
  CHECK(std::numeric_limits<double>::max() < floor_never<double>);
  CHECK(std::numeric_limits<double>::lowest() > floor_always<double>);
}

}  // namespace candidate_test
