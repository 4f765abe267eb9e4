// SPDX-License-Identifier: MIT
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/sparse/screened_walk.hpp>
#include <parsae/sparse/walk.hpp>

#include <sparse/hostile_cases.hpp>
#include <sparse/plain_rules.hpp>
#include <support/catch.hpp>

namespace screened_walk_test {

using namespace parsae;
using test::first_difference;
using test::LargestOfSample;
using test::NamedCase;
using test::WalkCase;

namespace {

/// Rules whose floors rise and stay, for samples and for the whole batch, among all latents and some.
struct FourRules {
  MutualChoiceSelection<float> mutual;
  TopKSelection<float> some;
  ThresholdSelection<float> positive;
  LargestOfSample<float> largest;

  FourRules(Index batch, Index n_latents, Index block, Slice<const std::uint8_t> eligible)
      : mutual(batch, std::max(2 * batch, Index{1})),
        some(batch, 3, eligible),
        positive(ReLU<float>().select(batch, n_latents)),
        largest{batch, 2, 2 * block + PanelProduct<float>::latents} {}
};

using Codes = std::array<SparseCode<float>, 4>;
using Screened =
    ScreenedWalk<MutualChoiceSelection<float>, TopKSelection<float>, ThresholdSelection<float>, LargestOfSample<float>>;
using Exact = ExactWalk<float, MutualChoiceSelection<float>, TopKSelection<float>, ThresholdSelection<float>,
                        LargestOfSample<float>>;

struct Partition {
  Index block;
  Index group_bytes;
  int threads;
};
constexpr Index tile = PanelProduct<float>::samples;
const Partition partitions[] = {{tile, 1, 1}, {2 * tile, 6000, 3}, {100 * tile, 1000000, 1}, {tile, 1000000, 4}};

Buffer<std::uint8_t> every_third(Index n_latents) {
  Buffer<std::uint8_t> eligible(n_latents);
  for (Index j = 0; j < n_latents; ++j) eligible[j] = j % 3 == 1;
  return eligible;
}

Codes exact_codes(const WalkCase<float>& input) {
  const Buffer<std::uint8_t> eligible = every_third(input.n_latents());
  const FourRules four(input.batch(), input.n_latents(), input.batch(), eligible.slice());
  const Exact::Rules::Rules refs(four.mutual, four.some, four.positive, four.largest);
  Exact::Rules::Workers workers;
  const Exact::Rules rules(refs, workers, 1, 40);
  Exact walk;
  const Index block = std::max(input.batch(), Index{1});
  walk.run(rules, block, 400000, input.inputs, input.w_enc, input.b_enc, Threads(1));
  Codes codes;
  rules.finish(std::tie(codes[0], codes[1], codes[2], codes[3]));
  return codes;
}

/// Keeps its memory from walk to walk, like Walk.
template <class Code>
class Screener {
 public:
  Codes codes_of(const WalkCase<float>& input, const Partition& partition) {
    const Buffer<std::uint8_t> eligible = every_third(input.n_latents());
    const FourRules four(input.batch(), input.n_latents(), partition.block, eligible.slice());
    const Screened::Rules::Rules refs(four.mutual, four.some, four.positive, four.largest);
    latents_.share(input.inputs, most_copies);
    latents_.build(input.w_enc, input.b_enc, Threads(partition.threads));
    Codes codes;
    for (bool is_confirmed = false; !is_confirmed;) {
      const Screened::Rules rules(refs, workers_, partition.threads, partition.block);
      counts = walk_.run(rules, partition.block, partition.group_bytes, input.inputs, latents_, input.w_enc,
                         input.b_enc, Threads(partition.threads));
      is_confirmed = rules.confirm();
      if (is_confirmed) rules.finish(std::tie(codes[0], codes[1], codes[2], codes[3]));
    }
    return codes;
  }

  Screened::Counts counts;
  Index most_copies = 0;  ///< of inputs much larger than the others

 private:
  ScreenedLatents<Code> latents_;
  Screened walk_;
  Screened::Rules::Workers workers_;
};

/// The rule whose code is another one, and where; empty when there is none.
std::string difference(const Codes& codes, const Codes& expected) {
  for (std::size_t r = 0; r < codes.size(); ++r) {
    const std::string text = first_difference(codes[r], expected[r]);
    if (!text.empty()) return "rule " + std::to_string(r) + ": " + text;
  }
  return "";
}

}  // namespace

TEMPLATE_TEST_CASE("a screened walk has the codes of the exact one, whatever the numbers and the partition", "",
                   Int8Code, Bf16Code) {
  Screener<TestType> screener;
  for (const Index n_inputs : {6, 65})
    for (const NamedCase<float>& hostile : test::hostile_cases<float>(n_inputs, 150, 3 * tile + 5)) {
      const Codes expected = exact_codes(hostile.input);
      for (const Partition& partition : partitions) {
        screener.most_copies = screener.most_copies == 0 ? 100 : 0;
        const Codes codes = screener.codes_of(hostile.input, partition);
        CAPTURE(n_inputs, hostile.name, partition.block, partition.group_bytes, partition.threads,
                screener.most_copies);
        CHECK(difference(codes, expected) == "");
      }
    }
}

TEMPLATE_TEST_CASE("a screened walk over nothing", "", Int8Code, Bf16Code) {
  Screener<TestType> screener;
  for (const auto& input :
       {WalkCase<float>::random(5, 40, 0), WalkCase<float>::random(5, 0, 7), WalkCase<float>::random(0, 40, 7)})
    for (const Partition& partition : partitions)
      CHECK(difference(screener.codes_of(input, partition), exact_codes(input)) == "");
}

TEMPLATE_TEST_CASE("one screened walk serves shapes in turn, and counts each by itself", "", Int8Code, Bf16Code) {
  Screener<TestType> screener;
  const auto large = WalkCase<float>::random(40, 500, 60);
  const auto small = WalkCase<float>::random(9, 33, 5);
  const Partition partition{2 * tile, 20000, 1};
  CHECK(difference(screener.codes_of(small, partition), exact_codes(small)) == "");
  const Screened::Counts first = screener.counts;
  CHECK(first.survivors > 0);
  CHECK(first.rescored > 0);
  CHECK(first.rescored <= first.survivors);
  CHECK(first.survivors <= 4 * 33 * 5);
  CHECK(difference(screener.codes_of(large, {2 * tile, 20000, 3}), exact_codes(large)) == "");
  CHECK(screener.counts.survivors > first.survivors);
  CHECK(difference(screener.codes_of(small, partition), exact_codes(small)) == "");
  CHECK(screener.counts.survivors == first.survivors);
  CHECK(screener.counts.rescored == first.rescored);
}

TEST_CASE("bounds spare a screened walk most of the exact products") {
  auto input = WalkCase<float>::random(256, 2000, 48);
  const TopKSelection<float> rule(48, 16);
  const auto rescored = [&](auto& latents, Index most_copies) {
    using Rules = WalkRules<float, TopKSelection<float>>;
    const Rules::Rules refs(rule);
    Rules::Workers workers;
    const Rules rules(refs, workers, 1, 40);
    ScreenedWalk<TopKSelection<float>> walk;
    latents.share(input.inputs, most_copies);
    latents.build(input.w_enc, input.b_enc, Threads(1));
    return walk.run(rules, 48, 400000, input.inputs, latents, input.w_enc, input.b_enc, Threads(1)).rescored;
  };
  ScreenedLatents<Int8Code> int8;
  ScreenedLatents<Bf16Code> bf16;
  CHECK(rescored(int8, 0) < 2000 * 48 / 10);
  CHECK(rescored(bf16, 0) <= 48 * 2 * GatheredProduct<float>::latents * divide_up(16, GatheredProduct<float>::latents));

  // Outliers widen the bounds of a sample's other entries, unless they are told in shares.
  const Index without_outliers = rescored(int8, 0);
  input.inputs.topRows(2) *= 40;
  CHECK(rescored(int8, 0) > 2 * without_outliers);
  CHECK(rescored(int8, 64) < 3 * without_outliers / 2);
}

TEST_CASE("twenty steps with changing weights: the same codes with every precision") {
  using Walker = Walk<float, MutualChoiceSelection<float>, TopKSelection<float>>;
  Walker exact(Walker::Settings{40, 20000, Precision::Exact});
  Walker screened(Walker::Settings{40, 20000, Precision::Screened});
  Screener<Int8Code> int8;
  Screener<Bf16Code> bf16;
  WalkCase<float> input = WalkCase<float>::random(48, 210, 50);
  for (std::uint64_t step = 0; step < 20; ++step) {
    input.inputs = test::random_matrix<float>(48, 50, 500 + step);
    if (step >= 10) input.inputs.row(5).array() += 300;  // an outlier appears, larger than shares can tell
    input.w_enc += 0.1F * test::random_matrix<float>(48, 210, 600 + step);
    input.b_enc += 0.1F * test::random_vector<float>(210, 700 + step);
    const MutualChoiceSelection<float> main(50, 200);
    const TopKSelection<float> auxiliary(50, 8);
    SparseCode<float> codes[2];
    SparseCode<float> expected[2];
    const Threads threads(step % 3 == 0 ? 1 : 3);
    exact.run(input.inputs, input.w_enc, input.b_enc, threads, main, auxiliary, expected[0], expected[1]);
    screened.run(input.inputs, input.w_enc, input.b_enc, threads, main, auxiliary, codes[0], codes[1]);
    CAPTURE(step);
    CHECK(first_difference(codes[0], expected[0]) == "");
    CHECK(first_difference(codes[1], expected[1]) == "");
    const Codes all = exact_codes(input);
    CHECK(difference(int8.codes_of(input, partitions[1]), all) == "");
    CHECK(difference(bf16.codes_of(input, partitions[1]), all) == "");
  }
  const ScreeningReport& report = screened.screening();
  CHECK(report.int8_walks + report.bf16_walks + report.exact_walks == 20);
  CHECK((report.exact_walks == 20) == !(Int8Code::is_native || Bf16Code::is_native));
  CHECK((report.int8_walks > 0) == Int8Code::is_native);
}

}  // namespace screened_walk_test
