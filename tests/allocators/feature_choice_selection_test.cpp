// SPDX-License-Identifier: MIT
#include <parsae/allocators/feature_choice_selection.hpp>

#include <support/allocation_watch.hpp>
#include <support/catch.hpp>
#include <support/walk_case.hpp>

#include <limits>
#include <vector>

namespace feature_choice_selection_test {

using namespace parsae;
using test::first_difference;
using test::WalkCase;

static_assert(SelectionFor<FeatureChoiceSelection<float>, float> &&
              SelectionFor<FeatureChoiceSelection<double>, double>);

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Budgets that grant these counts in the first batch: density 0, and the counts as credits.
template <class Scalar>
LatentBudgets<Scalar> granting(const std::vector<Index>& counts) {
  LatentBudgets<Scalar> budgets(static_cast<Index>(counts.size()));
  budgets.visit_arrays([&](const ParameterArray<Scalar>& array) {
    for (Index j = 0; array.name == "credit" && j < array.values.size(); ++j)
      array.values[j] = static_cast<Scalar>(counts[static_cast<std::size_t>(j)]);
  });
  return budgets;
}

/// Counts from none to more than the batch, in no order.
std::vector<Index> mixed_counts(Index n_latents, Index batch) {
  std::vector<Index> counts;
  for (Index j = 0; j < n_latents; ++j) counts.push_back(j % 5 == 4 ? batch + 3 : (j * 7 + 1) % 6);
  return counts;
}

/// The code of every cut of the walk, in both precisions.
template <class Scalar>
void check_everywhere(const WalkCase<Scalar>& input, const std::vector<Index>& counts) {
  const LatentBudgets<Scalar> budgets = granting<Scalar>(counts);
  const FeatureChoiceSelection<Scalar> rule(input.batch(), budgets);
  const SparseCode<Scalar> expected = test::reference_feature_choice(input.pre_acts(), counts);
  using Walker = Walk<Scalar, FeatureChoiceSelection<Scalar>>;
  for (const Precision precision : {Precision::Exact, Precision::Screened})
    for (const int threads : {1, 2, 4})
      for (const Index block : {Index{30}, Index{1200}}) {
        CAPTURE(precision == Precision::Screened, threads, block);
        Walker walker(typename Walker::Settings{block, 2000, precision});
        SparseCode<Scalar> code;
        for (int again = 0; again < 2; ++again) {  // scratch of the first walk must not show in the second
          walker.run(input.inputs, input.w_enc, input.b_enc, Threads(threads), rule, code);
          CHECK(first_difference(code, expected) == "");
        }
      }
}

}  // namespace

TEMPLATE_TEST_CASE("Feature Choice selects what the dense reference selects", "", float, double) {
  check_everywhere(WalkCase<TestType>::random(40, 90, 45), mixed_counts(90, 45));
  check_everywhere(WalkCase<TestType>::random(7, 300, 400), std::vector<Index>(300, 2));
  check_everywhere(WalkCase<TestType>::random(7, 33, 400), mixed_counts(33, 400));
}

TEMPLATE_TEST_CASE("among equals of a latent the lower sample wins", "", float, double) {
  check_everywhere(WalkCase<TestType>::rounded(2, 90, 45), mixed_counts(90, 45));
  check_everywhere(WalkCase<TestType>::rounded(33, 70, 200), mixed_counts(70, 200));
}

TEMPLATE_TEST_CASE("many latents: the buffer is full again and again, and screening waits for thousands", "", float,
                   double) {
  check_everywhere(WalkCase<TestType>::random(36, 1203, 170), mixed_counts(1203, 170));
}

TEST_CASE("with one latent Feature Choice is Mutual Choice") {
  const auto input = WalkCase<float>::rounded(6, 1, 200);
  for (const Index budget : {1, 17, 60}) {
    const LatentBudgets<float> budgets = granting<float>({budget});
    CHECK(first_difference(input.code(FeatureChoiceSelection<float>(200, budgets), 2),
                           input.code(MutualChoiceSelection<float>(200, budget), 2)) == "");
  }
}

TEST_CASE("a permutation of the samples permutes the code of Feature Choice") {
  const auto input = WalkCase<float>::random(4, 90, 45);
  auto permuted = input;
  const auto moved = [](Index i) { return (i * 7 + 3) % 45; };
  for (Index i = 0; i < 45; ++i) permuted.inputs.col(moved(i)) = input.inputs.col(i);
  const LatentBudgets<float> budgets = granting<float>(mixed_counts(90, 45));
  const SparseCode<float> code = input.code(FeatureChoiceSelection<float>(45, budgets));
  const SparseCode<float> other = permuted.code(FeatureChoiceSelection<float>(45, budgets));
  REQUIRE(code.stored() > 300);
  REQUIRE(other.stored() == code.stored());
  for (Index i = 0; i < 45; ++i) {
    const Index to = moved(i);
    REQUIRE(other.count_of(to) == code.count_of(i));
    for (Index e = 0; e < code.count_of(i); ++e) {
      CHECK(other.latents[other.begin_of(to) + e] == code.latents[code.begin_of(i) + e]);
      CHECK(other.values[other.begin_of(to) + e] == code.values[code.begin_of(i) + e]);
    }
  }
}

TEMPLATE_TEST_CASE("NaN is never selected, infinity like any large number", "", float, double) {
  auto input = WalkCase<TestType>::random(36, 100, 40);
  input.inputs(0, 0) = std::numeric_limits<TestType>::quiet_NaN();
  input.inputs(1, 1) = static_cast<TestType>(infinity);
  input.inputs(2, 7) = static_cast<TestType>(-infinity);
  input.b_enc(4) = static_cast<TestType>(infinity);  // more infinities than are granted
  input.b_enc(5) = static_cast<TestType>(infinity);
  input.b_enc(6) = static_cast<TestType>(-infinity);
  input.b_enc(7) = std::numeric_limits<TestType>::quiet_NaN();
  std::vector<Index> counts = mixed_counts(100, 40);
  counts[4] = 3;
  counts[5] = 0;
  counts[7] = 2;
  check_everywhere(input, counts);
}

TEST_CASE("nothing positive or nothing granted, nothing stored") {
  auto input = WalkCase<float>::random(4, 50, 30);
  check_everywhere(input, std::vector<Index>(50, 0));
  CHECK(input.code(FeatureChoiceSelection<float>(30, granting<float>(std::vector<Index>(50, 0)))).stored() == 0);
  input.b_enc.setConstant(-100);
  check_everywhere(input, std::vector<Index>(50, 3));
  input.w_enc.setZero();
  input.b_enc.setZero();  // zero is not positive
  check_everywhere(input, std::vector<Index>(50, 3));
}

TEST_CASE("no samples, and latents and samples that fill no tile") {
  check_everywhere(WalkCase<float>::random(4, 50, 0), std::vector<Index>(50, 3));
  constexpr Index panel = PanelProduct<float>::latents;
  constexpr Index tile = PanelProduct<float>::samples;
  for (const Index n_latents : {Index{1}, panel - 1, panel + 1})
    for (const Index batch : {Index{1}, tile - 1, tile + 1})
      check_everywhere(WalkCase<float>::random(5, n_latents, batch),
                       std::vector<Index>(static_cast<std::size_t>(n_latents), 2));
}

TEST_CASE("the floor of a latent rises to its least winner once its budget is full") {
  const LatentBudgets<float> budgets = granting<float>({2, 0, 1});
  const FeatureChoiceSelection<float> rule(4, budgets);
  FeatureChoiceSelection<float>::Worker worker = rule.worker();
  rule.reset(worker, 64);
  Buffer<float> by_sample(4);
  Buffer<float> by_latent(3);
  const Floors<float> floors{by_sample.slice(), by_latent.slice()};
  rule.begin(worker, {0, 4}, floors);
  CHECK(by_sample == Buffer<float>(4, 0.0f));
  CHECK(by_latent[0] == floor_always<float>);
  CHECK(by_latent[1] == floor_never<float>);
  CHECK(by_latent[2] == floor_always<float>);

  Buffer<Candidate<float>> kept;
  kept.push_back({3, 0, 0});
  kept.push_back({0, 2, 0});  // reaches the floor of zero, and is not positive
  rule.tighten(worker, {0, 4}, floors, kept);
  CHECK(kept.empty());
  CHECK(by_latent[0] == floor_always<float>);
  CHECK(by_latent[2] == floor_always<float>);
  kept.push_back({5, 0, 1});
  kept.push_back({4, 0, 2});
  kept.push_back({7, 2, 2});
  rule.tighten(worker, {0, 4}, floors, kept);
  CHECK(by_latent[0] == 4);
  CHECK(by_latent[2] == 7);
  kept.push_back({6, 0, 3});
  rule.end(worker, {0, 4}, kept);
  rule.begin(worker, {4, 8}, floors);  // the worker's next block
  CHECK(by_latent[0] == 5);
  CHECK(by_latent[1] == floor_never<float>);
  CHECK(worker.best.size() == 3);  // the budget of the batch, whatever passed by

  kept.push_back({std::numeric_limits<float>::infinity(), 2, 6});
  rule.tighten(worker, {4, 8}, floors, kept);
  CHECK(by_latent[2] == std::numeric_limits<float>::max());  // another infinity may win by its place

  rule.reset(worker, 64);
  rule.begin(worker, {0, 4}, floors);
  CHECK(by_latent[0] == floor_always<float>);
}

TEST_CASE("memory is that of the budget, all of it from the first walk on a batch") {
  constexpr Index n_latents = 2000;
  constexpr Index batch = 600;
  const auto input = WalkCase<float>::random(40, n_latents, batch);
  LatentBudgets<float> budgets(n_latents);
  Buffer<LatentId> ranks(n_latents);
  for (Index j = 0; j < n_latents; ++j) ranks[j] = static_cast<LatentId>(j);
  budgets.assign(Buffer<double>(n_latents, 0.0051).slice(), ranks.slice());  // 3.06 samples each
  Walk<float, FeatureChoiceSelection<float>> walk;
  SparseCode<float> code;
  code.latents.reserve(5 * n_latents);
  code.values.reserve(5 * n_latents);
  code.pre_acts.reserve(5 * n_latents);
  std::size_t largest = 0;
  std::size_t n_late = 0;
  {
    const test::AllocationWatch watch;
    for (int step = 0; step < 40; ++step) {
      const std::size_t before = watch.count();
      walk.run(input.inputs, input.w_enc, input.b_enc, Threads(1), {batch, budgets}, code);
      budgets.advance(batch);
      if (step > 0) n_late += watch.count() - before;
    }
    largest = watch.largest_bytes();
  }
  CHECK(code.stored() > 3 * n_latents);
  CHECK(largest < 4 * n_latents * batch / 4);  // a quarter of the pre-activations
  CHECK(n_late == 0);
}

}  // namespace feature_choice_selection_test
