// SPDX-License-Identifier: MIT
#include <parsae/message/message_models.hpp>

#include <analysis/code_fixture.hpp>
#include <analysis/presence_fixture.hpp>
#include <support/close_to.hpp>

namespace message_models_test {

using namespace parsae;
using Tree = MessageSettings::Tree;

namespace {

MessageModels models_of(const SparseCode<double>& code, Index n_latents, const MessageSettings& settings) {
  CodeCounts counts(CodeQuantizer(code, n_latents, {.n_bins = 8}));
  counts.add(code);
  PairCounts pairs(n_latents);
  pairs.add(code, Threads(1));
  return message_models(counts, pairs, settings, Threads(1));
}

}  // namespace

TEST_CASE("both totals are reported, and the smaller one is chosen") {
  const auto families = test::family_code<double>(32, 3000, 111);
  const MessageModels in_forest = models_of(families, 32, {});
  CHECK(in_forest.bits_forest < in_forest.bits_independent);
  CHECK(in_forest.presence.tree.n_edges() > 0);
  CHECK(in_forest.bits_forest == in_forest.bits_presence + in_forest.bits_presence_model);
  CHECK(in_forest.bits_presence_model == model_bits(in_forest.presence));
  CHECK(in_forest.bits_value_model == model_bits(in_forest.values));

  // The saving is that of the forest's edges, less what rounding and the forest itself cost.
  PairCounts pairs(32);
  pairs.add(families, Threads(1));
  double information = 0;
  for (Index j = 0; j < 32; ++j)
    if (const LatentId parent = in_forest.presence.tree.parents[j]; parent != PresenceTree::none)
      information += 3000 * mutual_information(pairs, j, parent);
  const double saved = in_forest.bits_independent - in_forest.bits_forest;
  CHECK(saved < information);
  CHECK(saved > information - 32 * 25);

  const auto random = test::only_active(test::random_code<double>(32, 100, 112));
  const MessageModels alone = models_of(random, 32, {});
  CHECK(alone.bits_forest >= alone.bits_independent);
  CHECK(alone.presence.tree.n_edges() == 0);
  CHECK(alone.bits_independent == alone.bits_presence + alone.bits_presence_model);
}

TEST_CASE("searched precisions are the best of all") {
  const auto code = test::family_code<double>(32, 700, 113);
  const MessageModels searched = models_of(code, 32, {});
  const auto presence = [](const MessageModels& models) { return models.bits_presence + models.bits_presence_model; };
  const auto value = [](const MessageModels& models) { return models.bits_value + models.bits_value_model; };
  for (int bits = 3; bits <= 14; ++bits) {
    const MessageModels given = models_of(code, 32, {.presence_bits = bits, .value_bits = bits});
    CHECK(given.presence.levels.bits() == bits);
    CHECK(given.values.precision == bits);
    CHECK(presence(searched) <= presence(given));
    CHECK(value(searched) <= value(given));
  }
}

}  // namespace message_models_test
