// SPDX-License-Identifier: MIT
#include <parsae/analysis/chow_liu.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/presence_coder.hpp>
#include <parsae/message/range_encoder.hpp>

#include <analysis/code_fixture.hpp>
#include <analysis/presence_fixture.hpp>
#include <support/close_to.hpp>

namespace presence_coder_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

Slice<const LatentId> sample_of(const SparseCode<double>& code, Index i) {
  return code.latents.slice().part(code.begin_of(i), code.count_of(i));
}

void check_model(const PresenceTree& tree, const SparseCode<double>& code) {
  PresenceTreeCounts counts(tree);
  counts.add(code);
  const PresenceModel model = presence_model(counts, PresenceLevels(12));
  const PresenceCoder coder(model);
  CHECK(coder.n_latents() == tree.n_latents());
  PresenceCoder::Scratch scratch;
  RangeEncoder encoder;
  BitMeter meter;
  for (Index i = 0; i < code.n_samples(); ++i) {
    coder.encode(encoder, sample_of(code, i), scratch);
    coder.encode(meter, sample_of(code, i), scratch);
  }
  CHECK_THAT(meter.bits(), test::close_to(presence_bits(model, counts), 1e-4));
  const Buffer<std::byte> bytes = encoder.finish();
  RangeDecoder decoder(bytes.slice());
  Index n_wrong = 0;
  for (Index i = 0; i < code.n_samples(); ++i) {
    Buffer<LatentId> latents;
    coder.decode(decoder, tree.n_latents(), scratch, latents);
    const Slice<const LatentId> expected = sample_of(code, i);
    n_wrong += !std::equal(latents.begin(), latents.end(), expected.begin(), expected.end());
  }
  CHECK(n_wrong == 0);
}

}  // namespace

TEST_CASE("presence comes back at the price of single decisions, in any forest") {
  for (const std::uint64_t stream : {1u, 2u, 3u}) {
    const auto families = test::family_code<double>(50, 400, stream);
    const auto random = test::only_active(test::random_code<double>(50, 100, stream));
    for (const SparseCode<double>* code : {&families, &random}) {
      check_model(independent_latents(50), *code);
      PairCounts pairs(50);
      pairs.add(*code, Threads(1));
      check_model(chow_liu_tree(pairs, 0, Threads(1)), *code);
      PresenceTree chain = independent_latents(50);  // deepest
      for (Index j = 1; j < 50; ++j) chain.parents[j] = static_cast<LatentId>(j - 1);
      check_model(chain, *code);
      PresenceTree star = independent_latents(50);  // widest
      for (Index j = 0; j < 49; ++j) star.parents[j] = 49;
      check_model(star, *code);
    }
  }
}

TEST_CASE("a decoder stops behind the most entries that it may append") {
  const auto code = test::only_active(test::random_code<double>(30, 40, 5));
  PresenceTreeCounts counts(independent_latents(30));
  counts.add(code);
  const PresenceCoder coder(presence_model(counts, PresenceLevels(12)));
  PresenceCoder::Scratch scratch;
  RangeEncoder encoder;
  REQUIRE(code.count_of(0) > 3);
  coder.encode(encoder, sample_of(code, 0), scratch);
  const Buffer<std::byte> bytes = encoder.finish();
  for (const Index most : {0, 2}) {
    RangeDecoder decoder(bytes.slice());
    Buffer<LatentId> latents;
    coder.decode(decoder, most, scratch, latents);
    CHECK(latents.size() == most + 1);
  }
}

TEST_CASE("a sample that cannot be, and a circle, are refused") {
  const auto code = test::code_from({{{0, 1.0}}, {{0, 1.0}, {1, 1.0}}});
  PresenceTreeCounts counts(independent_latents(3));
  counts.add(code);
  const PresenceCoder coder(presence_model(counts, PresenceLevels(12)));
  PresenceCoder::Scratch scratch;
  RangeEncoder encoder;
  const auto encode = [&](const SparseCode<double>& sample) { coder.encode(encoder, sample_of(sample, 0), scratch); };
  CHECK_NOTHROW(encode(test::code_from({{{0, 1.0}, {1, 1.0}}})));
  CHECK_THROWS_WITH(encode(test::code_from({{{1, 1.0}}})), ContainsSubstring("another state of latent 0"));
  CHECK_THROWS_WITH(encode(test::code_from({{{0, 1.0}, {2, 1.0}}})), ContainsSubstring("another state of latent 2"));
  PresenceModel circle{PresenceLevels(12), independent_latents(2), Buffer<std::uint32_t>(2, 5),
                       Buffer<std::uint32_t>(2, 5)};
  circle.tree.parents[0] = 1;
  circle.tree.parents[1] = 0;
  CHECK_THROWS_WITH(PresenceCoder(circle), ContainsSubstring("PresenceCoder tree: expected a forest"));
}

}  // namespace presence_coder_test
