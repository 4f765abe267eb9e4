// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k_selection.hpp>

#include <support/catch.hpp>
#include <support/walk_case.hpp>

namespace top_k_selection_test {

using namespace parsae;
using test::first_difference;

static_assert(SelectionFor<TopKSelection<float>, float> && SelectionFor<TopKSelection<double>, double>);

TEMPLATE_TEST_CASE("the k largest positive ones of each sample", "", float, double) {
  for (const bool with_ties : {false, true}) {
    const auto input =
        with_ties ? test::WalkCase<TestType>::rounded(2, 90, 45) : test::WalkCase<TestType>::random(4, 90, 45);
    for (const Index k : {0, 1, 2, 7, 40, 90, 1000}) {
      CAPTURE(with_ties, k);
      const SparseCode<TestType> code = input.code(TopKSelection<TestType>(45, k));
      CHECK(first_difference(code, test::reference_top_k(input.pre_acts(), k)) == "");
    }
  }
}

TEMPLATE_TEST_CASE("only eligible latents are selected", "", float, double) {
  const auto input = test::WalkCase<TestType>::rounded(3, 90, 45);
  Buffer<std::uint8_t> eligible(90);
  for (const Index step : {1, 2, 11, 89, 1000}) {
    for (Index j = 0; j < 90; ++j) eligible[j] = j % step == step - 1 ? 7 : 0;
    CAPTURE(step);
    const SparseCode<TestType> code = input.code(TopKSelection<TestType>(45, 3, eligible.slice()));
    CHECK(first_difference(code, test::reference_top_k(input.pre_acts(), 3, eligible.slice())) == "");
    for (const LatentId latent : code.latents) REQUIRE(eligible[latent] != 0);
    CHECK((step <= 89 || code.stored() == 0));
  }
}

TEST_CASE("floors: positive samples, eligible latents, and nothing at all for k = 0") {
  Buffer<float> by_sample(2);
  Buffer<float> by_latent(3);
  const std::uint8_t eligible[] = {1, 0, 1};
  const Floors<float> floors{by_sample.slice(), by_latent.slice()};
  TopKSelection<float>::Worker worker;
  TopKSelection<float>(2, 1, {eligible, 3}).begin(worker, {0, 2}, floors);
  CHECK(by_sample == Buffer<float>(2, 0.0f));
  CHECK((by_latent[0] == floor_always<float> && by_latent[1] == floor_never<float> &&
         by_latent[2] == floor_always<float>));
  TopKSelection<float>(2, 0).begin(worker, {0, 2}, floors);
  CHECK(by_sample == Buffer<float>(2, floor_never<float>));
}

TEST_CASE("a sample's floor rises to its k-th value once it has k, and losers are dropped") {
  Buffer<float> by_sample(3);
  Buffer<float> by_latent(9);
  const Floors<float> floors{by_sample.slice(), by_latent.slice()};
  const SampleRange block{10, 13};
  const TopKSelection<float> rule(20, 2);
  TopKSelection<float>::Worker worker = rule.worker();
  rule.begin(worker, block, floors);
  Buffer<Candidate<float>> kept;
  kept.push_back({3, 0, 10});
  kept.push_back({5, 1, 10});
  kept.push_back({1, 2, 12});
  kept.push_back({4, 2, 10});
  kept.push_back({0, 3, 12});  // reaches the floor of zero, and is not positive
  kept.push_back({7, 4, 11});
  kept.push_back({6, 5, 11});
  rule.tighten(worker, block, floors, kept);
  CHECK((by_sample[0] == 4 && by_sample[1] == 6 && by_sample[2] == 0));
  CHECK(kept.size() == 5);
  CHECK(worker.settled.empty());
  rule.end(worker, block, kept);
  CHECK(kept.empty());
  CHECK(worker.settled.size() == 5);
}

TEST_CASE("tightening frees at least half of the buffer") {
  for (const Index block : {1, 30})
    for (const Index k : {0, 1, 32}) {
      const Index size = TopKSelection<float>(100, k).buffer_size(block);
      CHECK(size >= 2 * block * k + PanelProduct<float>::latents);
    }
}

}  // namespace top_k_selection_test
