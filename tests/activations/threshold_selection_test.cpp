// SPDX-License-Identifier: MIT
#include <parsae/activations/threshold_selection.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

namespace threshold_selection_test {

using namespace parsae;

static_assert(SelectionFor<ThresholdSelection<float>, float> && SelectionFor<ThresholdSelection<double>, double>);

TEMPLATE_TEST_CASE("the half window below a threshold is stored as explicit zeros", "", float, double) {
  // Quarters, thresholds that are halves and a window of 1: entries lie on the threshold and on the edge of the window.
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::rounded(3, 60, 45);
  const Matrix<TestType> pre_acts = input.pre_acts();
  const Vector<TestType> threshold = test::rounded_matrix<TestType>(60, 1, 5).cwiseAbs();
  const Slice<const TestType> slice(threshold.data(), 60);
  Index on_threshold = 0;
  Index on_edge = 0;
  for (Index i = 0; i < 45; ++i)
    for (Index j = 0; j < 60; ++j) {
      on_threshold += pre_acts(j, i) == threshold(j);
      on_edge += pre_acts(j, i) == threshold(j) - TestType(0.5);
    }
  REQUIRE((on_threshold > 0 && on_edge > 0));
  const SparseCode<TestType> code = input.code(ThresholdSelection<TestType>(45, slice, 1));
  CHECK(test::first_difference(code, test::reference_threshold<TestType>(pre_acts, threshold, 1)) == "");
  CHECK(code.active_count() < code.stored());

  const SparseCode<TestType> plain = input.code(ThresholdSelection<TestType>(45, slice, 0));
  CHECK(test::first_difference(plain, test::reference_threshold<TestType>(pre_acts, threshold, 0)) == "");
  CHECK(plain.active_count() == code.active_count());
}

TEST_CASE("thresholds are the floors of latents, and never rise") {
  const double threshold[] = {0.5, 2, 0};
  const ThresholdSelection<double> rule(2, {threshold, 3}, 1);
  Buffer<double> by_sample(2);
  Buffer<double> by_latent(3);
  const Floors<double> floors{by_sample.slice(), by_latent.slice()};
  EntryRows<double> worker = rule.worker();
  rule.begin(worker, {0, 2}, floors);
  CHECK((by_sample == Buffer<double>(2, floor_always<double>)));
  CHECK((by_latent[0] == 0 && by_latent[1] == 1.5 && by_latent[2] == -0.5));

  // A survivor that only equals its floor is dropped, the others are settled whatever their number.
  Buffer<Candidate<double>> kept;
  kept.push_back({1.5, 1, 0});
  kept.push_back({1.75, 1, 0});
  kept.push_back({-0.25, 2, 1});
  rule.tighten(worker, {0, 2}, floors, kept);
  CHECK(kept.empty());
  CHECK(worker.stored() == 2);
  CHECK(by_latent[1] == 1.5);
}

TEST_CASE("a row of survivors is settled like its candidates") {
  const double threshold[] = {0.5, 2, 0};
  const ThresholdSelection<double> rule(2, {threshold, 3}, 1);
  static_assert(TakesRows<ThresholdSelection<double>, double>);
  EntryRows<double> worker = rule.worker();
  const double pre_acts[] = {1, 1.5, 2.5};
  rule.take(worker, {pre_acts, 0b111, 0, 0});  // the second one only equals its floor
  rule.take(worker, {pre_acts, 0b001, 2, 1});
  SparseCode<double> code;
  rule.finish(Slice<EntryRows<double>>(&worker, 1), code);
  CHECK(test::equals(code.offsets, {0, 2, 3}));
  CHECK(test::equals(code.latents, {0, 2, 2}));
  CHECK(test::equals(code.pre_acts, {1, 2.5, 1}));
  CHECK(test::equals(code.values, {1, 2.5, 1}));

  rule.reset(worker, 2);
  rule.take(worker, {pre_acts, 0b010, 0, 1});  // below its threshold, on the edge of the window
  const double inside[] = {0, 1.75, 0};
  rule.take(worker, {inside, 0b010, 0, 1});
  rule.finish(Slice<EntryRows<double>>(&worker, 1), code);
  CHECK(test::equals(code.offsets, {0, 0, 1}));
  CHECK(test::equals(code.pre_acts, {1.75}));
  CHECK(test::equals(code.values, {0}));
}

}  // namespace threshold_selection_test
