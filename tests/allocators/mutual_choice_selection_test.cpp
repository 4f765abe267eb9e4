// SPDX-License-Identifier: MIT
#include <parsae/allocators/mutual_choice_selection.hpp>

#include <support/catch.hpp>
#include <support/walk_case.hpp>

#include <array>
#include <limits>
#include <vector>

namespace mutual_choice_selection_test {

using namespace parsae;
using test::first_difference;
using test::WalkCase;

static_assert(SelectionFor<MutualChoiceSelection<float>, float> && SelectionFor<MutualChoiceSelection<double>, double>);
static_assert(GuessesFloors<MutualChoiceSelection<float>>);

namespace {

using Rule = MutualChoiceSelection<float>;

/// One worker of a rule for four samples and nine latents, driven by hand.
struct Driver {
  explicit Driver(const Rule& chosen) : rule(chosen), worker(rule.worker()) { reset(); }

  void reset() {
    rule.reset(worker, 4);
    begin();
  }
  void begin() { rule.begin(worker, {0, 4}, floors()); }
  void tighten() { rule.tighten(worker, {0, 4}, floors(), kept); }
  void end() { rule.end(worker, {0, 4}, kept); }
  [[nodiscard]] bool confirm() { return rule.confirm(Slice<Rule::Worker>(&worker, 1)); }
  void finish() { rule.finish(Slice<Rule::Worker>(&worker, 1), code); }

  [[nodiscard]] Floors<float> floors() { return {by_sample.slice(), by_latent.slice()}; }

  /// The floor, which all samples have in common.
  [[nodiscard]] float floor() const {
    for (const float value : by_sample) CHECK(value == by_sample[0]);
    CHECK(by_latent == Buffer<float>(9, floor_always<float>));
    return by_sample[0];
  }

  /// Keeps first, first + 1, ..., as many as fit the floor.
  void keep(float first, Index count) {
    for (Index e = 0; e < count; ++e)
      if (first + static_cast<float>(e) >= floor())
        kept.push_back({first + static_cast<float>(e), static_cast<LatentId>(e % 9), static_cast<SampleId>(e % 4)});
  }

  Rule rule;
  Rule::Worker worker;
  Buffer<float> by_sample = Buffer<float>(4);
  Buffer<float> by_latent = Buffer<float>(9);
  Buffer<Candidate<float>> kept;
  SparseCode<float> code;
};

}  // namespace

TEST_CASE("a worker's floor is the smallest value of what it holds, once it is full") {
  Driver driver(Rule(4, 3));
  REQUIRE(driver.rule.held() == 3 + 6);
  CHECK(driver.floor() == 0);
  driver.keep(11, 7);
  driver.kept.push_back({0, 4, 1});  // reaches the floor of zero, and is not positive
  driver.kept.push_back({5, 1, 0});
  driver.tighten();
  CHECK(driver.kept.empty());
  CHECK(driver.worker.settled.size() == 8);
  CHECK(driver.floor() == 0);
  driver.kept.push_back({1, 2, 3});
  driver.tighten();
  CHECK(driver.floor() == 1);
  driver.kept.push_back({7, 3, 2});
  driver.kept.push_back({2, 5, 2});
  driver.end();
  CHECK(driver.worker.settled.size() == 9);
  driver.begin();  // the worker's next block
  CHECK(driver.floor() == 5);
}

TEST_CASE("an infinite entry makes no infinite floor") {
  Driver driver(Rule(4, 1));
  REQUIRE(driver.rule.held() == 5);
  for (LatentId j = 0; j < 7; ++j) driver.kept.push_back({std::numeric_limits<float>::infinity(), j, 1});
  driver.tighten();
  CHECK(driver.floor() == std::numeric_limits<float>::max());
  driver.end();
  CHECK(driver.confirm());
  driver.finish();
  CHECK(driver.code.stored() == 1);
  driver.reset();
  CHECK(driver.floor() == std::numeric_limits<float>::max());
}

TEST_CASE("the next walk begins where the last one held enough") {
  Driver driver(Rule(4, 16));
  const Index held = driver.rule.held();
  REQUIRE(held == 16 + 4 + 16);
  driver.keep(1, 100);  // the values 1 to 100
  driver.end();
  CHECK(driver.confirm());
  driver.finish();
  CHECK(driver.code.stored() == 16);
  driver.reset();
  CHECK(driver.floor() > static_cast<float>(100 - held));
  CHECK(driver.floor() <= static_cast<float>(101 - held));

  driver.keep(1, 100);
  CHECK(driver.kept.size() == held);
  driver.end();
  CHECK(driver.confirm());
  driver.finish();
  CHECK(driver.code.stored() == 16);
}

TEST_CASE("a guess that left little beside the budget is lowered") {
  Driver driver(Rule(4, 16));
  driver.keep(1, 100);
  driver.end();
  driver.finish();
  driver.reset();
  const float guess = driver.floor();
  driver.keep(80, 20);  // enough, but fewer than held
  driver.end();
  CHECK(driver.confirm());
  driver.finish();
  driver.reset();
  CHECK(driver.floor() == guess * 7 / 8);
}

TEST_CASE("a guess that leaves less than the budget costs a walk, and a pause from guessing") {
  Driver driver(Rule(4, 16));
  driver.keep(1, 100);
  driver.end();
  driver.finish();
  driver.reset();
  driver.keep(1, 70);  // six reach the guess
  REQUIRE(driver.kept.size() < 16);
  driver.end();
  REQUIRE_FALSE(driver.confirm());
  int n_walks = 0;
  for (bool guesses = false; !guesses; ++n_walks) {
    REQUIRE(n_walks < 100);
    driver.reset();
    guesses = driver.floor() > 0;
    driver.keep(1, 70);
    driver.end();
    REQUIRE(driver.confirm());
    driver.finish();
    CHECK(driver.code.stored() == 16);
  }
  CHECK(n_walks == 17);
}

TEST_CASE("fewer positive entries than the budget are no reason for another walk") {
  Driver driver(Rule(4, 16));
  for (int walk = 0; walk < 3; ++walk) {
    driver.reset();
    CHECK(driver.floor() == 0);
    driver.keep(1, 5);
    driver.end();
    CHECK(driver.confirm());
    driver.finish();
    CHECK(driver.code.stored() == 5);
  }
}

TEST_CASE("a guess is for the same batch and budget only") {
  Driver driver(Rule(4, 16));
  driver.keep(1, 100);
  driver.end();
  driver.finish();
  for (const Rule& other : {Rule(5, 16), Rule(4, 17)}) {
    Driver changed = driver;
    changed.rule = other;
    changed.reset();
    CHECK(changed.floor() == 0);
  }
  driver.reset();
  CHECK(driver.floor() > 0);
}

TEST_CASE("what another worker kept below a guess does not confirm it") {
  const Rule rule(4, 3);
  std::array<Rule::Worker, 2> workers;
  const Slice<Rule::Worker> both(workers.data(), 2);
  workers[0].guess = {5, 4, 3, 0};  // of a walk that the other worker sat out
  for (Rule::Worker& worker : workers) rule.reset(worker, 4);
  for (const float value : {6.0F, 4.0F, 3.0F, 2.0F, 1.0F}) workers[1].settled.push_back({value, 0, 0});
  CHECK_FALSE(rule.confirm(both));
  workers[0].guess = {2, 4, 3, 0};
  CHECK(rule.confirm(both));
}

TEMPLATE_TEST_CASE("codes do not depend on what was guessed", "", float, double) {
  constexpr Index batch = 50;
  constexpr Index budget = 150;
  // Batches alike, then suddenly small ones, large ones, hardly positive ones, and empty ones.
  const std::vector<double> scales{1, 1, 1, 1.2, 1, 0.01, 0.01, 1, 100, 100, 100, 0, 0, 1, 1};
  for (const Precision precision : {Precision::Exact, Precision::Screened})
    for (const int threads : {1, 3}) {
      using Walker = Walk<TestType, MutualChoiceSelection<TestType>>;
      Walker walker(typename Walker::Settings{12, 2000, precision, 12});
      for (int round = 0; round < 3; ++round)  // a bad guess is followed by 16 walks without one
        for (std::size_t step = 0; step < scales.size(); ++step) {
          auto input = WalkCase<TestType>::random(6, 90, batch);
          input.inputs = static_cast<TestType>(scales[step]) * test::random_matrix<TestType>(6, batch, 40 + step);
          input.b_enc *= static_cast<TestType>(0.01 * scales[step]);
          SparseCode<TestType> code;
          const Threads team(step % 4 == 3 ? 1 : threads);  // workers that sit out have an older guess
          walker.run(input.inputs, input.w_enc, input.b_enc, team, MutualChoiceSelection<TestType>(batch, budget),
                     code);
          CAPTURE(threads, round, step);
          CHECK(first_difference(code, test::reference_mutual_choice(input.pre_acts(), budget)) == "");
        }
    }
}

TEST_CASE("a budget of none is refused") { CHECK_THROWS_AS(Rule(4, 0), std::invalid_argument); }

}  // namespace mutual_choice_selection_test
