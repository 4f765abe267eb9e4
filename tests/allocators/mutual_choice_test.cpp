// SPDX-License-Identifier: MIT
#include <parsae/allocators/mutual_choice.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

namespace mutual_choice_test {

using namespace parsae;
using test::first_difference;

static_assert(std::is_same_v<BatchTopK<float>, MutualChoice<float>>);

namespace {

template <class Scalar>
MutualChoice<Scalar> mutual_choice(double k, double decay = 0.99) {
  return MutualChoice<Scalar>(typename MutualChoice<Scalar>::Settings{k, decay});
}

/// A code of one sample with these values.
SparseCode<double> code_with(std::vector<double> values) {
  SparseCode<double> code;
  code.offsets.push_back(static_cast<Index>(values.size()));
  for (const double value : values) {
    code.latents.push_back(static_cast<LatentId>(code.stored()));
    code.values.push_back(value);
    code.pre_acts.push_back(value);
  }
  return code;
}

double threshold_of(const MutualChoice<double>& act) { return act.inference().threshold()(0); }

}  // namespace

TEMPLATE_TEST_CASE("the budget is spent whole, unless fewer entries are positive", "", float, double) {
  for (const bool with_ties : {false, true}) {
    const auto input =
        with_ties ? test::WalkCase<TestType>::rounded(2, 90, 45) : test::WalkCase<TestType>::random(4, 90, 45);
    const Matrix<TestType> pre_acts = input.pre_acts();
    const Index positive = (pre_acts.array() > 0).count();
    for (const double k : {0.001, 0.1, 1.0, 7.3, 90.0})
      for (const int threads : {1, 4}) {
        const Index budget = std::max<Index>(static_cast<Index>(std::round(k * 45)), 1);
        const SparseCode<TestType> code = input.code(mutual_choice<TestType>(k).select(45, 90), threads);
        CAPTURE(with_ties, k, threads);
        CHECK(code.stored() == std::min(budget, positive));
        CHECK(first_difference(code, test::reference_mutual_choice(pre_acts, budget)) == "");
      }
  }
}

TEST_CASE("a permutation of the samples permutes the code") {
  const auto input = test::WalkCase<float>::random(4, 90, 45);
  auto permuted = input;
  const auto moved = [](Index i) { return (i * 7 + 3) % 45; };
  for (Index i = 0; i < 45; ++i) permuted.inputs.col(moved(i)) = input.inputs.col(i);
  const MutualChoice<float> act = mutual_choice<float>(3);
  const SparseCode<float> code = input.code(act.select(45, 90));
  const SparseCode<float> other = permuted.code(act.select(45, 90));
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

TEST_CASE("samples share the budget as they need it") {
  // The first sample's pre-activations are all larger than the second's.
  test::WalkCase<float> input{Matrix<float>(1, 2), Matrix<float>(1, 6), Vector<float>::Zero(6)};
  input.inputs << 10, 1;
  input.w_enc << 1, 2, 3, 4, 5, 6;
  const SparseCode<float> code = input.code(mutual_choice<float>(4).select(2, 6));
  CHECK(code.count_of(0) == 6);
  CHECK(code.count_of(1) == 2);
  CHECK((code.latents[6] == 4 && code.latents[7] == 5));
}

TEST_CASE("the threshold is the running mean of each batch's smallest value, without the bias of its start") {
  MutualChoice<double> act = mutual_choice<double>(2, 0.75);
  act.observe(code_with({3, 2, 5}));
  CHECK(std::abs(threshold_of(act) - 2) < 1e-15);
  act.observe(code_with({4}));
  CHECK(std::abs(threshold_of(act) - (0.75 * 2 + 4) / 1.75) < 1e-15);
  act.observe(code_with({}));  // a batch without a positive pre-activation says nothing
  CHECK(std::abs(threshold_of(act) - (0.75 * 2 + 4) / 1.75) < 1e-15);
  act.observe(code_with({8, 1}));
  CHECK(std::abs(threshold_of(act) - (0.5625 * 2 + 0.75 * 4 + 1) / (0.5625 + 1.75)) < 1e-15);

  MutualChoice<double> forgetful = mutual_choice<double>(2, 0);
  forgetful.observe(code_with({3}));
  forgetful.observe(code_with({7}));
  CHECK(threshold_of(forgetful) == 7);
}

TEMPLATE_TEST_CASE("inference keeps what is above the running threshold", "", float, double) {
  const auto input = test::WalkCase<TestType>::random(4, 90, 45);
  MutualChoice<TestType> act = mutual_choice<TestType>(5);
  act.observe(input.code(act.select(45, 90)));
  const TestType theta = act.inference().threshold()(0);
  const SparseCode<TestType> code = input.code(act.inference().select(45, 90));
  const Vector<TestType> threshold = Vector<TestType>::Constant(90, theta);
  CHECK(first_difference(code, test::reference_threshold<TestType>(input.pre_acts(), threshold, 0)) == "");
  CHECK(std::abs(code.stored() - 5 * 45) <= 1);  // all of the batch's own but, perhaps, the smallest
}

TEST_CASE("the threshold of Mutual Choice may be set") {
  MutualChoice<double> act = mutual_choice<double>(2, 0.75);
  CHECK(act.calibration_densities() == Buffer<double>(1, 2.0));
  act.set_thresholds(Vector<double>::Constant(1, 0.3));
  CHECK(threshold_of(act) == 0.3);
  act.observe(code_with({3}));
  CHECK(std::abs(threshold_of(act) - (0.75 * 0.3 + 0.25 * 3)) < 1e-15);
  CHECK_THROWS_WITH(act.set_thresholds(Vector<double>::Constant(2, 0.3)),
                    "MutualChoice threshold: expected a 1 x 1 matrix, got 2 x 1");
  CHECK_THROWS_WITH(act.set_thresholds(Vector<double>::Constant(1, -0.3)),
                    "MutualChoice threshold: expected a finite value of at least 0, got -0.3");
}

TEST_CASE("there is no inference before training") {
  CHECK_THROWS_WITH(mutual_choice<float>(5).inference(),
                    "MutualChoice threshold: expected a model that has seen a training batch, got one that has not");
}

TEST_CASE("the running threshold is a statistic of two numbers") {
  MutualChoice<double> act = mutual_choice<double>(2);
  int visited = 0;
  act.visit_arrays([&](const ParameterArray<double>& array) {
    ++visited;
    CHECK(array.name == "running_threshold");
    CHECK(array.role == Role::Statistic);
    CHECK(array.axis == Axis::Shared);
    CHECK(array.rows == 2);
    CHECK(array.values.size() == 2);
    array.values[0] = 3;
    array.values[1] = 0.5;
  });
  CHECK(visited == 1);
  CHECK(threshold_of(act) == 6);
  CHECK_FALSE(MutualChoice<double>::has_threshold);  // none that learns
}

TEST_CASE("Mutual Choice passes the gradient of the selected entries") {
  test::LatentFixture<float> latent(1, {2, 5}, {2, 5});
  latent.fill(latent.d_value, {0.5f, -1});
  latent.fill(latent.d_pre_act, {0, 0.25f});
  latent.backward(MutualChoice<float>());
  CHECK(test::equals(latent.d_pre_acts, {0.5f, -0.75f}));
}

TEST_CASE("the settings of Mutual Choice are visited by name") {
  MutualChoice<float> act;
  act.visit_settings([](std::string_view name, double& value) { value = name == "k" ? 7.5 : 0.25; });
  CHECK(act.settings().k == 7.5);
  CHECK(act.settings().threshold_decay == 0.25);
  CHECK_NOTHROW(act.check());
  act.visit_settings([](std::string_view, double& value) { value = -1; });
  CHECK_THROWS_WITH(act.check(), "MutualChoice k: expected a finite value above 0, got -1");
  CHECK(MutualChoice<float>::name == "mutual_choice");
}

TEST_CASE("settings of Mutual Choice that cannot be are refused") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(mutual_choice<float>(0), "MutualChoice k: expected a finite value above 0, got 0");
  CHECK_THROWS_WITH(mutual_choice<float>(1, 1.0),
                    ContainsSubstring("MutualChoice threshold_decay: expected a value from 0"));
  CHECK_THROWS_WITH(mutual_choice<float>(1, -0.1),
                    ContainsSubstring("MutualChoice threshold_decay: expected a value from 0"));
  MutualChoice<float> act = mutual_choice<float>(5);
  CHECK_NOTHROW(act.resize(5));
  CHECK_THROWS_WITH(act.resize(4), "MutualChoice k: expected a value from 0 to 4, got 5");
}

TEST_CASE("a small density is a budget of at least one") {
  const auto input = test::WalkCase<double>::random(5, 30, 4);
  CHECK(input.code(mutual_choice<double>(0.01).select(4, 30)).stored() == 1);
}

}  // namespace mutual_choice_test
