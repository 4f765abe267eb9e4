// SPDX-License-Identifier: MIT
#include <parsae/analysis/chow_liu.hpp>

#include <analysis/code_fixture.hpp>
#include <analysis/presence_fixture.hpp>
#include <support/close_to.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace chow_liu_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

constexpr LatentId none = PresenceTree::none;

PairCounts pairs_of(const SparseCode<double>& code, Index n_latents) {
  PairCounts counts(n_latents);
  counts.add(code, Threads(1));
  return counts;
}

double bits_of(const PresenceTree& tree, const SparseCode<double>& code) {
  PresenceTreeCounts counts(tree);
  counts.add(code);
  return presence_bits(counts);
}

double sum_of_information(const PresenceTree& tree, const PairCounts& counts) {
  double sum = 0;
  for (Index j = 0; j < tree.n_latents(); ++j)
    if (tree.parents[j] != none) sum += mutual_information(counts, j, tree.parents[j]);
  return sum;
}

using Edges = std::set<std::pair<Index, Index>>;

Edges edges_of(const PresenceTree& tree) {
  Edges edges;
  for (Index j = 0; j < tree.n_latents(); ++j)
    if (tree.parents[j] != none) edges.insert(std::minmax<Index>(j, tree.parents[j]));
  return edges;
}

bool is_forest(const PresenceTree& tree) {
  for (Index j = 0; j < tree.n_latents(); ++j) {
    Index steps = 0;
    for (Index at = j; tree.parents[at] != none; at = tree.parents[at])
      if (++steps > tree.n_latents()) return false;
  }
  return true;
}

/// Every choice of a parent or none for each latent that is a forest.
template <class Use>
void for_each_forest(Index n_latents, const Use& use) {
  PresenceTree tree = independent_latents(n_latents);
  for (;;) {
    bool has_own_parent = false;
    for (Index j = 0; j < n_latents; ++j) has_own_parent = has_own_parent || tree.parents[j] == j;
    if (!has_own_parent && is_forest(tree)) use(tree);
    Index digit = 0;
    while (digit < n_latents && ++tree.parents[digit] == n_latents) tree.parents[digit++] = none;
    if (digit == n_latents) return;
  }
}

/// Kruskal's way to the same forest: all edges sorted, each taken that joins two trees.
Edges kruskal(const PairCounts& counts) {
  struct Edge {
    double bits;
    std::pair<Index, Index> ends;
  };
  std::vector<Edge> edges;
  for (Index a = 0; a < counts.n_latents(); ++a)
    for (Index b = a + 1; b < counts.n_latents(); ++b)
      if (const double bits = mutual_information(counts, a, b); bits > 0) edges.push_back(Edge{bits, {a, b}});
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return a.bits != b.bits ? a.bits > b.bits : a.ends < b.ends; });
  std::vector<Index> tree_of(static_cast<std::size_t>(counts.n_latents()));
  for (std::size_t j = 0; j < tree_of.size(); ++j) tree_of[j] = static_cast<Index>(j);
  Edges taken;
  for (const Edge& edge : edges) {
    const Index from = tree_of[static_cast<std::size_t>(edge.ends.first)];
    const Index to = tree_of[static_cast<std::size_t>(edge.ends.second)];
    if (from == to) continue;
    std::replace(tree_of.begin(), tree_of.end(), from, to);
    taken.insert(edge.ends);
  }
  return taken;
}

}  // namespace

TEST_CASE("mutual information of two latents: worked numbers") {
  CHECK_THAT(mutual_information(8, 4, 4, 4), WithinAbs(1, 1e-15));               // the same latent twice
  CHECK_THAT(mutual_information(8, 4, 4, 0), WithinAbs(1, 1e-15));               // never together
  CHECK(mutual_information(16, 4, 8, 2) == 0);                                   // independent
  CHECK(mutual_information(16, 0, 8, 0) == 0);                                   // never
  CHECK(mutual_information(16, 16, 8, 8) == 0);                                  // always
  const double expected = binary_entropy(1.0 / 8) - 0.5 * binary_entropy(0.25);  // a child of half the samples
  CHECK_THAT(mutual_information(8, 4, 1, 1), WithinAbs(expected, 1e-15));
  for (const std::int64_t together : {0, 3, 5, 11})
    CHECK(mutual_information(100, 11, 37, together) == mutual_information(100, 37, 11, together));
}

TEST_CASE("the saving of the tree is the sum of the informations of its edges") {
  for (const std::uint64_t stream : {1u, 2u, 3u}) {
    const auto families = test::family_code<double>(40, 700, stream);
    const auto random = test::random_code<double>(40, 150, stream);
    for (const SparseCode<double>* code : {&families, &random}) {
      const PairCounts counts = pairs_of(*code, 40);
      const PresenceTree tree = chow_liu_tree(counts, 0, Threads(1));
      REQUIRE(is_forest(tree));
      const double saving = bits_of(independent_latents(40), *code) - bits_of(tree, *code);
      const double information = sum_of_information(tree, counts);
      CHECK(information > 0);
      CHECK_THAT(saving, WithinAbs(information, 1e-9 * information));
    }
  }
}

TEST_CASE("it is the best of all forests") {
  constexpr Index n_latents = 5;
  for (const std::uint64_t stream : {1u, 2u, 3u, 4u}) {
    const auto families = test::family_code<double>(n_latents, 200, stream);
    const auto random = test::random_code<double>(n_latents, 60, stream);
    for (const SparseCode<double>* code : {&families, &random}) {
      const double found = bits_of(chow_liu_tree(pairs_of(*code, n_latents), 0, Threads(1)), *code);
      double best = std::numeric_limits<double>::infinity();
      Index n_forests = 0;
      for_each_forest(n_latents, [&](const PresenceTree& tree) {
        best = std::min(best, bits_of(tree, *code));
        ++n_forests;
      });
      CHECK(n_forests == 1296);  // rooted forests over 5 labels: 6^4
      CHECK_THAT(found, WithinAbs(best, 1e-12));
    }
  }
}

TEST_CASE("families are found, and a threshold leaves the rest apart") {
  const auto code = test::family_code<double>(16, 3000, 5);
  const PairCounts counts = pairs_of(code, 16);
  const Edges edges = edges_of(chow_liu_tree(counts, 0.01, Threads(1)));
  Edges expected;
  for (Index first = 0; first < 16; first += 4)
    for (Index j = first + 1; j < first + 4; ++j) expected.insert({first, j});
  CHECK(edges == expected);
  CHECK(chow_liu_tree(counts, 1, Threads(1)).n_edges() == 0);
}

TEST_CASE("the tree is that of sorted edges, ties by the lower latents, for any number of threads") {
  // Few samples: many pairs have equal counts.
  for (const Index n_samples : {6, 20, 400}) {
    const auto code = test::family_code<double>(600, n_samples, 6);
    const PairCounts counts = pairs_of(code, 600);
    const PresenceTree tree = chow_liu_tree(counts, 0, Threads(1));
    CHECK(edges_of(tree) == kruskal(counts));
    for (const int threads : {2, 5}) CHECK(chow_liu_tree(counts, 0, Threads(threads)).parents == tree.parents);
  }
}

TEST_CASE("latents that say nothing of each other have no edges") {
  const auto independent =
      test::code_from({{{0, 1.0}, {1, 1.0}, {2, 1.0}}, {{0, 1.0}, {2, 1.0}}, {{1, 1.0}, {2, 1.0}}, {{2, 1.0}}});
  CHECK(chow_liu_tree(pairs_of(independent, 4), 0, Threads(1)).n_edges() == 0);
  CHECK(chow_liu_tree(pairs_of(test::code_from({{}, {}}), 3), 0, Threads(1)).n_edges() == 0);
  CHECK(chow_liu_tree(pairs_of(test::code_from({{{0, 1.0}}}), 1), 0, Threads(1)).n_latents() == 1);
}

TEST_CASE("no samples and negative thresholds are refused") {
  CHECK_THROWS_WITH(chow_liu_tree(PairCounts(3), 0, Threads(1)), ContainsSubstring("chow_liu_tree samples"));
  CHECK_THROWS_WITH(chow_liu_tree(pairs_of(test::code_from({{}}), 3), -1, Threads(1)),
                    ContainsSubstring("chow_liu_tree least_bits"));
}

}  // namespace chow_liu_test
