// SPDX-License-Identifier: MIT
#include <parsae/allocators/either_selection.hpp>
#include <parsae/allocators/feature_choice_selection.hpp>

#include <support/catch.hpp>
#include <support/walk_case.hpp>

namespace either_selection_test {

using namespace parsae;
using test::first_difference;
using test::WalkCase;

namespace {

template <class Scalar>
using Rule = EitherSelection<MutualChoiceSelection<Scalar>, FeatureChoiceSelection<Scalar>>;

static_assert(SelectionFor<Rule<float>, float> && SelectionFor<Rule<double>, double>);
static_assert(Rule<float>::raises_floors);
static_assert(GuessesFloors<Rule<float>> && !GuessesFloors<FeatureChoiceSelection<float>>);

}  // namespace

TEMPLATE_TEST_CASE("one walk takes turns with both rules", "", float, double) {
  const auto input = WalkCase<TestType>::rounded(40, 90, 45);
  LatentBudgets<TestType> budgets(90);
  Buffer<LatentId> ranks(90);
  for (Index j = 0; j < 90; ++j) ranks[j] = static_cast<LatentId>(j);
  budgets.assign(Buffer<double>(90, 0.07).slice(), ranks.slice());
  std::vector<Index> granted;
  for (Index j = 0; j < 90; ++j) granted.push_back(budgets.granted(j, 45));

  const MutualChoiceSelection<TestType> mutual(45, 200);
  const FeatureChoiceSelection<TestType> feature(45, budgets);
  const SparseCode<TestType> of_mutual = test::reference_mutual_choice(input.pre_acts(), 200);
  const SparseCode<TestType> of_feature = test::reference_feature_choice(input.pre_acts(), granted);
  REQUIRE(first_difference(of_mutual, of_feature) != "");
  for (const Precision precision : {Precision::Exact, Precision::Screened})
    for (const int threads : {1, 4}) {
      Walk<TestType, Rule<TestType>> walk({30, 2000, precision});
      SparseCode<TestType> code;
      for (int turn = 0; turn < 5; ++turn) {
        const bool is_mutual = turn == 0 || turn == 3;
        const Rule<TestType> rule = is_mutual ? Rule<TestType>(mutual) : Rule<TestType>(feature);
        walk.run(input.inputs, input.w_enc, input.b_enc, Threads(threads), rule, code);
        CAPTURE(threads, turn);
        CHECK(first_difference(code, is_mutual ? of_mutual : of_feature) == "");
      }
    }
}

TEST_CASE("buffers are as large as the rule that was chosen wants them") {
  const LatentBudgets<float> budgets(9);
  const MutualChoiceSelection<float> mutual(45, 5000);
  const FeatureChoiceSelection<float> feature(45, budgets);
  CHECK(Rule<float>(mutual).buffer_size(45) == mutual.buffer_size(45));
  CHECK(Rule<float>(feature).buffer_size(45) == feature.buffer_size(45));
  CHECK(mutual.buffer_size(45) != feature.buffer_size(45));
}

TEST_CASE("a guess is confirmed by the rule that made it") {
  const LatentBudgets<float> budgets(9);
  const MutualChoiceSelection<float> mutual(45, 3);
  Rule<float>::Worker worker = Rule<float>(mutual).worker();
  const Slice<Rule<float>::Worker> workers(&worker, 1);
  mutual.reset(worker, 45);
  worker.guess = {5, 45, 3, 0};  // and nothing was kept
  CHECK(Rule<float>(FeatureChoiceSelection<float>(45, budgets)).confirm(workers));
  CHECK_FALSE(Rule<float>(mutual).confirm(workers));
  CHECK(Rule<float>(mutual).confirm(workers));  // the guess is forgotten
}

}  // namespace either_selection_test
