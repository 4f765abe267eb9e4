// SPDX-License-Identifier: MIT
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/sparse/exact_walk.hpp>

#include <sparse/hostile_cases.hpp>
#include <sparse/plain_rules.hpp>
#include <support/catch.hpp>

namespace exact_walk_test {

using namespace parsae;
using test::first_difference;
using test::hostile_cases;
using test::LargestOfSample;
using test::NamedCase;
using test::WalkCase;

namespace {

constexpr Index k = 3;

template <class Scalar>
using Walker = ExactWalk<Scalar, MutualChoiceSelection<Scalar>, TopKSelection<Scalar>, LargestOfSample<Scalar>>;

template <class Scalar>
struct Codes {
  SparseCode<Scalar> mutual;
  SparseCode<Scalar> top_k;
  SparseCode<Scalar> largest;
};

/// Three rules in one walk; the memory of `walk` and `workers` is that of the walks before.
template <class Scalar>
Codes<Scalar> codes_of(Walker<Scalar>& walk, typename Walker<Scalar>::Rules::Workers& workers,
                       const WalkCase<Scalar>& input, Index block, Index group_bytes, int threads) {
  using Rules = typename Walker<Scalar>::Rules;
  const Index batch = input.batch();
  const MutualChoiceSelection<Scalar> mutual(batch, std::max(2 * batch, Index{1}));
  const TopKSelection<Scalar> top_k(batch, k);
  const LargestOfSample<Scalar> largest{batch, k, block * k + PanelProduct<Scalar>::latents};
  const typename Rules::Rules refs(mutual, top_k, largest);
  Codes<Scalar> codes;
  for (bool is_confirmed = false; !is_confirmed;) {
    const Rules rules(refs, workers, threads, block);
    walk.run(rules, block, group_bytes, input.inputs, input.w_enc, input.b_enc, Threads(threads));
    is_confirmed = rules.confirm();
    if (is_confirmed) rules.finish(std::tie(codes.mutual, codes.top_k, codes.largest));
  }
  return codes;
}

}  // namespace

TEMPLATE_TEST_CASE("an exact walk finds what the whole matrix holds, for any block, group and threads", "", float,
                   double) {
  constexpr Index tile = PanelProduct<TestType>::samples;
  Walker<TestType> walk;
  typename Walker<TestType>::Rules::Workers workers;
  for (const NamedCase<TestType>& hostile : hostile_cases<TestType>(7, 75, 3 * tile + 2)) {
    const WalkCase<TestType>& input = hostile.input;
    const Matrix<TestType> pre_acts = input.pre_acts();
    const SparseCode<TestType> mutual = test::reference_mutual_choice(pre_acts, 2 * input.batch());
    const SparseCode<TestType> top_k = test::reference_top_k(pre_acts, k);
    const SparseCode<TestType> largest = test::largest_of_sample(pre_acts, k);
    for (const Index block : {tile, 2 * tile, 100 * tile})
      for (const Index group_bytes : {1, 3000, 1000000})
        for (const int threads : {1, 3}) {
          const auto codes = codes_of(walk, workers, input, block, group_bytes, threads);
          CAPTURE(hostile.name, block, group_bytes, threads);
          CHECK(first_difference(codes.mutual, mutual) == "");
          CHECK(first_difference(codes.top_k, top_k) == "");
          CHECK(first_difference(codes.largest, largest) == "");
        }
  }
}

TEMPLATE_TEST_CASE("an exact walk over nothing", "", float, double) {
  constexpr Index tile = PanelProduct<TestType>::samples;
  Walker<TestType> walk;
  typename Walker<TestType>::Rules::Workers workers;
  const auto no_samples = codes_of(walk, workers, WalkCase<TestType>::random(4, 20, 0), tile, 1, 2);
  CHECK(no_samples.largest.n_samples() == 0);
  const auto no_latents = codes_of(walk, workers, WalkCase<TestType>::random(4, 0, 5), tile, 1, 2);
  CHECK(no_latents.largest.n_samples() == 5);
  CHECK(no_latents.largest.stored() == 0);
  const WalkCase<TestType> no_inputs = WalkCase<TestType>::random(0, 20, 5);
  const auto biases = codes_of(walk, workers, no_inputs, tile, 1, 2);
  CHECK(first_difference(biases.largest, test::largest_of_sample(no_inputs.pre_acts(), k)) == "");
}

}  // namespace exact_walk_test
