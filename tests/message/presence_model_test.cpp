// SPDX-License-Identifier: MIT
#include <parsae/analysis/chow_liu.hpp>
#include <parsae/message/presence_model.hpp>

#include <analysis/presence_fixture.hpp>
#include <support/close_to.hpp>

#include <limits>

namespace presence_model_test {

using namespace parsae;

namespace {

PresenceTreeCounts counts_in_forest(const SparseCode<double>& code, Index n_latents) {
  PairCounts pairs(n_latents);
  pairs.add(code, Threads(1));
  return {chow_liu_tree(pairs, 0, Threads(1)), pairs};
}

}  // namespace

TEST_CASE("a model costs the entropy of its samples and little more, less with finer levels") {
  const auto code = test::family_code<double>(24, 2000, 91);
  const PresenceTreeCounts counts = counts_in_forest(code, 24);
  const double entropy = 2000 * presence_bits(counts);
  double before = std::numeric_limits<double>::infinity();
  for (const int bits : {4, 8, 12, 16}) {
    const PresenceModel model = presence_model(counts, PresenceLevels(bits));
    const double spent = presence_bits(model, counts) - entropy;
    CHECK(spent > -1e-9 * entropy);
    CHECK(spent < before);
    before = spent;
  }
  CHECK(before < 1e-4 * entropy);
}

TEST_CASE("never and always are told from counts, and a latent that no state lets be active is known") {
  // Latent 0 in every sample, latent 1 in none, latent 2 only with latent 3.
  SparseCode<double> code;
  for (Index i = 0; i < 12; ++i) {
    for (const LatentId latent : {0, 2, 3}) {
      if ((latent == 2 && i % 4 != 0) || (latent == 3 && i % 2 != 0)) continue;
      code.latents.push_back(latent);
      code.values.push_back(1);
      code.pre_acts.push_back(1);
    }
    code.offsets.push_back(code.stored());
  }
  PresenceTree tree = independent_latents(4);
  tree.parents[2] = 3;
  PresenceTreeCounts counts(tree);
  counts.add(code);
  const PresenceModel model = presence_model(counts, PresenceLevels(8));
  CHECK(model.n_latents() == 4);
  CHECK(model.parent_inactive[0] == model.levels.always());
  CHECK(model.parent_inactive[1] == 0);
  CHECK(model.parent_inactive[2] == 0);
  CHECK(model.levels.probability(model.parent_active[2]) == 0.5);
  CHECK(model.can_be_active(0));
  CHECK_FALSE(model.can_be_active(1));
  CHECK(model.can_be_active(2));
  CHECK_THAT(presence_bits(model, counts), test::close_to(12 + 6, 1e-12));
}

TEST_CASE("what a model says cannot be has no price") {
  const auto code = test::family_code<double>(4, 50, 92);
  PresenceTreeCounts counts(independent_latents(4));
  counts.add(code);
  PresenceModel model = presence_model(counts, PresenceLevels(8));
  model.parent_inactive[0] = 0;
  CHECK(presence_bits(model, counts) == std::numeric_limits<double>::infinity());
}

}  // namespace presence_model_test
