// SPDX-License-Identifier: MIT
#include <parsae/allocators/tree_frontier.hpp>

#include <support/catch.hpp>
#include <support/reference_codes.hpp>

#include <limits>
#include <set>
#include <vector>

namespace tree_frontier_test {

using namespace parsae;

namespace {

template <class Scalar>
LatentForest<Scalar> forest_of(const std::vector<LatentId>& parents) {
  LatentForest<Scalar> forest(static_cast<Index>(parents.size()));
  forest.assign({parents.data(), forest.n_latents()});
  return forest;
}

/// The latents that are taken, in order.
std::vector<LatentId> taken(TreeFrontier<float>& frontier, const std::vector<LatentId>& parents, Index k,
                            const std::vector<Candidate<float>>& candidates) {
  const LatentForest<float> forest = forest_of<float>(parents);
  frontier.reserve(forest.n_latents());
  std::vector<LatentId> latents;
  for (const Candidate<float>& entry :
       frontier.take(forest, k, {candidates.data(), static_cast<Index>(candidates.size())}))
    latents.push_back(entry.latent);
  return latents;
}

/// min over j and its ancestors; 0 where one of them is not positive.
double bottleneck(const LatentForest<double>& forest, const Matrix<double>& pre_acts, Index sample, Index j) {
  double least = std::numeric_limits<double>::infinity();
  for (LatentId at = static_cast<LatentId>(j); at >= 0; at = forest.parent(at))
    least = std::min(least, std::max(pre_acts(at, sample), 0.0));
  return least;
}

}  // namespace

TEST_CASE("a frontier opens children as it goes, and never takes one before its parent") {
  TreeFrontier<float> frontier;
  //     0 (5)      1 (4)     2 (9)
  //     3 (1)      4 (8)     not there
  //     5 (7)                6 (6), child of 2
  const std::vector<LatentId> parents{-1, -1, -1, 0, 1, 3, 2};
  const std::vector<Candidate<float>> candidates{{5, 0, 0}, {7, 5, 0}, {1, 3, 0}, {4, 1, 0}, {8, 4, 0}, {6, 6, 0}};
  CHECK(taken(frontier, parents, 10, candidates) == std::vector<LatentId>{0, 1, 4, 3, 5});  // 6 has no parent here
  CHECK(taken(frontier, parents, 3, candidates) == std::vector<LatentId>{0, 1, 4});
  CHECK(taken(frontier, parents, 0, candidates).empty());
  CHECK(taken(frontier, parents, 10, {}).empty());
  CHECK(taken(frontier, {-1, -1, -1, -1, -1, -1, -1}, 4, candidates) == std::vector<LatentId>{4, 5, 6, 0});
}

TEST_CASE("equals go to the lower latent, open ones only") {
  TreeFrontier<float> frontier;
  const std::vector<Candidate<float>> candidates{{2, 3, 0}, {2, 2, 0}, {2, 1, 0}, {2, 0, 0}};
  CHECK(taken(frontier, {-1, -1, -1, -1}, 2, candidates) == std::vector<LatentId>{0, 1});
  CHECK(taken(frontier, {3, -1, -1, -1}, 3, candidates) == std::vector<LatentId>{1, 2, 3});
  CHECK(taken(frontier, {1, -1, -1, -1}, 3, candidates) == std::vector<LatentId>{1, 0, 2});
}

TEST_CASE("what is taken has the largest smallest value on the way from the root") {
  constexpr Index n_latents = 60;
  TreeFrontier<double> frontier;
  frontier.reserve(n_latents);
  for (const std::uint64_t stream : {1u, 2u, 3u, 4u}) {
    const LatentForest<double> forest = forest_of<double>(test::random_parents(n_latents, stream));
    const Matrix<double> pre_acts = test::random_matrix<double>(n_latents, 20, 10 + stream).array() + 0.5;
    for (Index i = 0; i < pre_acts.cols(); ++i) {
      std::vector<Candidate<double>> positive;
      std::multiset<double> scores;
      for (Index j = 0; j < n_latents; ++j) {
        if (pre_acts(j, i) > 0) positive.push_back({pre_acts(j, i), static_cast<LatentId>(j), 0});
        if (bottleneck(forest, pre_acts, i, j) > 0) scores.insert(bottleneck(forest, pre_acts, i, j));
      }
      for (const Index k : {1, 2, 7, 60}) {
        const Slice<Candidate<double>> chosen =
            frontier.take(forest, k, {positive.data(), static_cast<Index>(positive.size())});
        REQUIRE(chosen.size() == std::min(k, static_cast<Index>(scores.size())));
        double least = std::numeric_limits<double>::infinity();
        auto expected = scores.rbegin();
        for (const Candidate<double>& entry : chosen) {  // in the order of falling scores
          CHECK(bottleneck(forest, pre_acts, i, entry.latent) == *expected++);
          least = std::min(least, entry.pre_act);
        }
        if (chosen.size() > 0) CHECK(least == *std::prev(expected));  // no floor can be higher
      }
    }
  }
}

}  // namespace tree_frontier_test
