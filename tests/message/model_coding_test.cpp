// SPDX-License-Identifier: MIT
#include <parsae/analysis/chow_liu.hpp>
#include <parsae/core/random.hpp>
#include <parsae/message/model_coding.hpp>
#include <parsae/message/range_encoder.hpp>

#include <analysis/presence_fixture.hpp>
#include <support/catch.hpp>

#include <cmath>

namespace model_coding_test {

using namespace parsae;
using detail::Forest;

namespace {

PresenceModel model_of(const PresenceTree& tree, const SparseCode<double>& code) {
  PresenceTreeCounts counts(tree);
  counts.add(code);
  return presence_model(counts, PresenceLevels(9));
}

void check_presence(const PresenceModel& model, Forest forest) {
  RangeEncoder encoder;
  BitMeter meter;
  detail::encode_presence_model(encoder, model, forest);
  detail::encode_presence_model(meter, model, forest);
  const Buffer<std::byte> bytes = encoder.finish();
  CHECK(std::abs(8 * static_cast<double>(bytes.size()) - meter.bits()) < 64);
  RangeDecoder decoder(bytes.slice());
  PresenceModel read{model.levels, {}, {}, {}};
  REQUIRE(detail::decode_presence_model(decoder, model.n_latents(), forest, read));
  CHECK(read.tree.parents == model.tree.parents);
  CHECK(read.parent_inactive == model.parent_inactive);
  CHECK(read.parent_active == model.parent_active);
}

}  // namespace

TEST_CASE("presence models come back, with and without a forest") {
  const auto code = test::family_code<double>(60, 300, 101);
  PairCounts pairs(60);
  pairs.add(code, Threads(1));
  const PresenceModel in_forest = model_of(chow_liu_tree(pairs, 0.04, Threads(1)), code);
  REQUIRE(in_forest.tree.n_edges() > 20);
  REQUIRE(in_forest.tree.n_edges() < 59);
  const PresenceModel alone = model_of(independent_latents(60), code);
  check_presence(in_forest, Forest::Sent);
  check_presence(alone, Forest::Sent);
  check_presence(alone, Forest::None);
  CHECK(model_bits(in_forest) > model_bits(alone));
}

TEST_CASE("value models come back") {
  const auto code = test::family_code<double>(30, 300, 102);
  for (const Index n_bins : {1, 2, 40}) {
    CodeCounts counts(CodeQuantizer(code, 30, {.n_bins = n_bins}));
    counts.add(code);
    const ValueModel model = value_model(counts, 7);
    RangeEncoder encoder;
    detail::encode_value_model(encoder, model);
    const Buffer<std::byte> bytes = encoder.finish();
    CHECK(std::abs(8 * static_cast<double>(bytes.size()) - model_bits(model)) < 64);
    CHECK((n_bins == 1) == bytes.empty());
    RangeDecoder decoder(bytes.slice());
    ValueModel read{model.precision, n_bins, {}, {}};
    REQUIRE(detail::decode_value_model(decoder, model.n_tables(), read));
    CHECK((n_bins == 1 || read.frequencies == model.frequencies));
  }
}

TEST_CASE("bytes that no writer wrote are refused or give a model in range") {
  Index n_refused = 0;
  for (std::uint64_t stream = 0; stream < 300; ++stream) {
    const Random random(14, stream);
    Buffer<std::byte> bytes;
    for (std::uint64_t i = 0; i < 20 + stream % 100; ++i) bytes.push_back(static_cast<std::byte>(random.bits(i)));
    RangeDecoder decoder(bytes.slice());
    PresenceModel model{PresenceLevels(9), {}, {}, {}};
    if (!detail::decode_presence_model(decoder, 40, Forest::Sent, model)) {
      ++n_refused;
      continue;
    }
    for (Index j = 0; j < 40; ++j) {
      CHECK(model.tree.parents[j] < 40);
      CHECK(model.parent_inactive[j] <= model.levels.always());
    }
    ValueModel values{7, 16, {}, {}};
    n_refused += !detail::decode_value_model(decoder, 10, values);
  }
  CHECK(n_refused > 100);
}

}  // namespace model_coding_test
