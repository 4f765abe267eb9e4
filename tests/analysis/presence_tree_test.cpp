// SPDX-License-Identifier: MIT
#include <parsae/analysis/presence_tree.hpp>

#include <analysis/code_fixture.hpp>
#include <analysis/presence_fixture.hpp>
#include <support/close_to.hpp>

#include <limits>

namespace presence_tree_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

constexpr LatentId none = PresenceTree::none;

PresenceTree tree_of(std::initializer_list<LatentId> parents) {
  PresenceTree tree;
  for (const LatentId parent : parents) tree.parents.push_back(parent);
  return tree;
}

PresenceTreeCounts counts_of(const PresenceTree& tree, const SparseCode<double>& code) {
  PresenceTreeCounts counts(tree);
  counts.add(code);
  return counts;
}

}  // namespace

TEST_CASE("a child that needs its parent costs its bit only where the parent is active") {
  // Latent 0 is active in 4 of 8 samples, latent 1 in one of those four.
  const auto code = test::code_from({{{0, 1.0}, {1, 1.0}}, {{0, 1.0}}, {{0, 1.0}}, {{0, 1.0}}, {}, {}, {}, {}});
  const double independent = binary_entropy(0.5) + binary_entropy(1.0 / 8);
  const double tree = binary_entropy(0.5) + 0.5 * binary_entropy(0.25);
  CHECK_THAT(presence_bits(counts_of(independent_latents(2), code)), WithinAbs(independent, 1e-15));
  CHECK_THAT(presence_bits(counts_of(tree_of({none, 0}), code)), WithinAbs(tree, 1e-15));
  CHECK_THAT(presence_bits(counts_of(tree_of({1, none}), code)), WithinAbs(tree, 1e-14));  // either way round
}

TEST_CASE("without parents the bits are those of latents coded independently") {
  const auto code = test::random_code<double>(11, 130, 51);
  DescriptionLengthMeter meter(CodeQuantizer(code, 11, {.n_bins = 4}));
  meter.add(code);
  CHECK(independent_latents(11).n_edges() == 0);
  CHECK_THAT(presence_bits(counts_of(independent_latents(11), code)),
             test::close_to(meter.result().bits_presence, 1e-13));
}

TEST_CASE("counts of states are those of a loop over samples, in whatever batches they come") {
  const auto code = test::random_code<double>(5, 60, 52);
  const PresenceTree tree = tree_of({none, 0, 4, 0, none});
  CHECK(tree.n_edges() == 3);
  PresenceTreeCounts counts(tree);
  for (Index i = 0; i < 60; ++i) counts.add(test::picked(code, {i}));
  const Matrix<double> values = test::dense(code, 5);
  for (Index j = 0; j < 5; ++j) {
    const Index parent = tree.parents[j];
    std::int64_t expected[2][2] = {};  // parent's state, own state
    for (Index i = 0; i < 60; ++i) ++expected[parent >= 0 && values(parent, i) != 0][values(j, i) != 0];
    CHECK(counts.parent_inactive(j).samples == expected[0][0] + expected[0][1]);
    CHECK(counts.parent_inactive(j).active == expected[0][1]);
    CHECK(counts.parent_active(j).samples == expected[1][0] + expected[1][1]);
    CHECK(counts.parent_active(j).active == expected[1][1]);
    CHECK(counts.active(j) == expected[0][1] + expected[1][1]);
    CHECK(counts.with_parent(j) == (parent >= 0 ? expected[1][1] : 0));
  }
}

TEST_CASE("counts of pairs or of single latents give the same as the samples") {
  const auto code = test::random_code<double>(5, 60, 53);
  PairCounts pairs(5);
  pairs.add(code, Threads(1));
  const PresenceTree tree = tree_of({none, 0, 4, 0, none});
  const PresenceTreeCounts expected = counts_of(tree, code);
  const PresenceTreeCounts of_pairs(tree, pairs);
  CodeCounts code_counts(CodeQuantizer(code, 5, {}));
  code_counts.add(code);
  const PresenceTreeCounts of_latents(code_counts);
  CHECK(of_pairs.n_samples() == 60);
  CHECK(of_latents.n_samples() == 60);
  CHECK(of_latents.tree().n_edges() == 0);
  for (Index j = 0; j < 5; ++j) {
    CHECK(of_pairs.active(j) == expected.active(j));
    CHECK(of_pairs.with_parent(j) == expected.with_parent(j));
    CHECK(of_latents.active(j) == expected.active(j));
  }
  CHECK_THROWS_WITH(PresenceTreeCounts(tree_of({none, 0}), pairs), ContainsSubstring("PresenceTree parents"));
}

TEST_CASE("other samples are told with the probabilities of training, smoothed") {
  const auto training = test::code_from({{{0, 1.0}, {1, 1.0}}, {{0, 1.0}}, {}, {}});
  const auto other = test::code_from({{{1, 1.0}}, {{0, 1.0}, {1, 1.0}}});
  const PresenceTree tree = tree_of({none, 0});
  // P(0) = 2.5 / 5; P(1 | not 0) = 0.5 / 3; P(1 | 0) = 1.5 / 3.
  const double bits = (-2 * std::log2(0.5) - std::log2(0.5 / 3) - std::log2(0.5)) / 2;
  CHECK_THAT(presence_bits(counts_of(tree, training), counts_of(tree, other), 0.5), WithinAbs(bits, 1e-14));
  CHECK(presence_bits(counts_of(tree, training), counts_of(tree, other), 0) == std::numeric_limits<double>::infinity());
}

TEST_CASE("the samples themselves cost their entropy without pseudo-counts and more with") {
  const auto code = test::family_code<double>(12, 300, 1);
  const PresenceTreeCounts counts = counts_of(tree_of({none, 0, 0, 1, none, 4, 4, 4, none, 8, 8, 8}), code);
  CHECK_THAT(presence_bits(counts, counts, 0), test::close_to(presence_bits(counts), 1e-12));
  for (const double pseudo : {0.01, 0.5, 5.0}) CHECK(presence_bits(counts, counts, pseudo) > presence_bits(counts));
}

TEST_CASE("parents that are no latents, other trees and no samples are refused") {
  CHECK_THROWS_WITH(PresenceTreeCounts(tree_of({none, 2})),
                    ContainsSubstring("PresenceTree parent: expected a value from -1 to 1, got 2"));
  CHECK_THROWS_WITH(PresenceTreeCounts(tree_of({none, -2})), ContainsSubstring("got -2"));
  CHECK_THROWS_WITH(PresenceTreeCounts(tree_of({none, 1})), ContainsSubstring("expected another latent, got 1"));
  CHECK_THROWS_WITH(PresenceTreeCounts(tree_of({1, 0})), ContainsSubstring("no latent among its own ancestors"));
  CHECK_THROWS_WITH(PresenceTreeCounts(tree_of({none, 3, 1, 2})), ContainsSubstring("no latent among its own"));
  CHECK_NOTHROW(PresenceTreeCounts(tree_of({none, 3, 1, 0})));
  CHECK_THROWS_WITH(PresenceTreeCounts(PresenceTree()), ContainsSubstring("PresenceTree n_latents"));
  PresenceTreeCounts empty(tree_of({none, 0}));
  CHECK_THROWS_WITH(presence_bits(empty), ContainsSubstring("presence_bits samples"));
  CHECK_THROWS_WITH(empty.add(test::code_from({{{2, 1.0}}})), ContainsSubstring("PresenceTreeCounts latent"));
  const auto code = test::code_from({{{0, 1.0}}});
  const auto counts = counts_of(tree_of({none, 0}), code);
  CHECK_THROWS_WITH(presence_bits(counts, empty, 0.5), ContainsSubstring("presence_bits test samples"));
  CHECK_THROWS_WITH(presence_bits(counts, counts, -0.5), ContainsSubstring("presence_bits pseudo_count"));
  CHECK_THROWS_WITH(presence_bits(counts, counts_of(tree_of({1, none}), code), 0.5),
                    ContainsSubstring("presence_bits test: expected the tree of training"));
}

}  // namespace presence_tree_test
