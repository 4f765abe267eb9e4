// SPDX-License-Identifier: MIT
#include <parsae/allocators/feature_choice.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace feature_choice_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using test::close_to;
using test::first_difference;
using test::WalkCase;

static_assert(Activation<FeatureChoice<float>> && Activation<FeatureChoice<double>>);

namespace {

using Settings = FeatureChoice<float>::Settings;

constexpr Index n_latents = 60;
constexpr Index batch = 50;

template <class Scalar = float>
FeatureChoice<Scalar> rule_of(const typename FeatureChoice<Scalar>::Settings& settings, Index n = n_latents) {
  FeatureChoice<Scalar> act(settings);
  act.resize(n);
  return act;
}

/// Another input for every step.
template <class Scalar>
WalkCase<Scalar> input_of(std::uint64_t step) {
  auto input = WalkCase<Scalar>::random(8, n_latents, batch);
  input.inputs = test::random_matrix<Scalar>(8, batch, 1000 + step);
  return input;
}

template <class Scalar>
SparseCode<Scalar> step_of(FeatureChoice<Scalar>& act, std::uint64_t step, int threads = 1) {
  const SparseCode<Scalar> code = input_of<Scalar>(step).code(act.select(batch, n_latents), threads);
  act.observe(code);
  return code;
}

template <class Scalar>
std::vector<Scalar> arrays_of(FeatureChoice<Scalar>& act) {
  std::vector<Scalar> all;
  act.visit_arrays(
      [&](const ParameterArray<Scalar>& array) { all.insert(all.end(), array.values.begin(), array.values.end()); });
  return all;
}

/// A code of `n_samples` samples with these (sample, latent, value), in order.
SparseCode<double> code_with(Index n_samples, const std::vector<Candidate<double>>& entries) {
  SparseCode<double> code;
  code.offsets.assign(n_samples + 1, 0);
  for (const Candidate<double>& entry : entries) {
    for (Index i = entry.sample; i < n_samples; ++i) ++code.offsets[i + 1];
    code.latents.push_back(entry.latent);
    code.values.push_back(entry.pre_act);
    code.pre_acts.push_back(entry.pre_act);
  }
  return code;
}

std::vector<double> thresholds_of(const FeatureChoice<double>& act) {
  const Vector<double> thresholds = act.inference().threshold();
  return {thresholds.begin(), thresholds.end()};
}

}  // namespace

TEMPLATE_TEST_CASE("uniform budgets from scratch: fractions are carried from batch to batch", "", float, double) {
  constexpr double k = 2.3;  // 1.91... samples a latent
  auto act = rule_of<TestType>({.k = k});
  CHECK(act.is_frozen());
  CHECK(act.zipf_exponent() == 0);
  std::vector<double> credits;
  for (Index j = 0; j < n_latents; ++j) credits.push_back(act.budgets().credit(j));
  for (std::uint64_t step = 0; step < 12; ++step) {
    std::vector<Index> granted;
    for (Index j = 0; j < n_latents; ++j) {
      double& credit = credits[static_cast<std::size_t>(j)];
      credit += k / n_latents * batch;
      granted.push_back(static_cast<Index>(credit));
      credit -= static_cast<double>(granted.back());
    }
    const SparseCode<TestType> expected = test::reference_feature_choice(input_of<TestType>(step).pre_acts(), granted);
    CAPTURE(step);
    CHECK(first_difference(step_of(act, step, step % 2 == 0 ? 1 : 4), expected) == "");
  }
}

TEMPLATE_TEST_CASE("Mutual Choice first, then Zipf budgets by the ranks that it measured", "", float, double) {
  constexpr Index n_first = 7;
  auto act = rule_of<TestType>({.k = 3, .budgets = Budgets::Zipf, .mutual_choice_batches = n_first});
  Vector<double> densities = Vector<double>::Zero(n_latents);
  for (std::uint64_t step = 0; step < n_first; ++step) {
    CHECK(act.batches_to_freeze() == n_first - static_cast<Index>(step));
    CHECK_FALSE(act.is_frozen());
    const SparseCode<TestType> code = step_of(act, step);
    CHECK(first_difference(code,
                           test::reference_mutual_choice(input_of<TestType>(step).pre_acts(), Index{3 * batch})) == "");
    densities *= 0.99;
    for (const LatentId latent : code.latents) densities(latent) += 0.01 / batch;
  }
  REQUIRE(act.is_frozen());
  CHECK(act.batches_to_freeze() == 0);

  std::vector<Index> ranks(n_latents);
  std::iota(ranks.begin(), ranks.end(), Index{0});
  const auto density = [&](Index j) { return std::round(densities(j) * 1e8); };  // ties up to rounding
  std::stable_sort(ranks.begin(), ranks.end(), [&](Index a, Index b) { return density(a) > density(b); });
  Buffer<double> sorted;
  for (const Index j : ranks) sorted.push_back(densities(j));
  const double exponent = ZipfLaw::fit_exponent(sorted.slice(), 0);
  CHECK_THAT(act.zipf_exponent(), close_to(exponent, 1e-4));
  CHECK(exponent > 0.1);
  const Buffer<double> expected = ZipfLaw{exponent, 0}.densities(n_latents, 3);
  for (Index r = 0; r < n_latents; ++r)
    CHECK_THAT(act.budgets().density(ranks[static_cast<std::size_t>(r)]), close_to(expected[r], 1e-4));

  std::vector<Index> granted;
  for (Index j = 0; j < n_latents; ++j) granted.push_back(act.budgets().granted(j, batch));
  CHECK(first_difference(step_of(act, n_first),
                         test::reference_feature_choice(input_of<TestType>(n_first).pre_acts(), granted)) == "");
}

TEST_CASE("an exponent that is given is not fitted, and a shift flattens the first ranks") {
  auto act =
      rule_of({.k = 3, .budgets = Budgets::Zipf, .mutual_choice_batches = 2, .zipf_exponent = 0.7, .zipf_shift = 4});
  step_of(act, 0);
  step_of(act, 1);
  CHECK_THAT(act.zipf_exponent(), close_to(0.7, 1e-6));
  std::vector<double> densities;
  for (Index j = 0; j < n_latents; ++j) densities.push_back(act.budgets().density(j));
  std::sort(densities.rbegin(), densities.rend());
  CHECK_THAT(densities[1] / densities[0], close_to(std::pow(6.0 / 5.0, -0.7), 1e-4));
  CHECK_THAT(std::accumulate(densities.begin(), densities.end(), 0.0), close_to(3, 1e-7));
}

TEST_CASE("uniform budgets after Mutual Choice") {
  auto act = rule_of({.k = 3, .mutual_choice_batches = 2});
  step_of(act, 0);
  step_of(act, 1);
  CHECK(act.is_frozen());
  for (Index j = 0; j < n_latents; ++j) CHECK_THAT(act.budgets().density(j), close_to(3.0 / n_latents, 1e-7));
}

TEST_CASE("no latent is active more often than granted, and together they are k a sample") {
  for (const Index n_first : {0, 5}) {
    auto act = rule_of({.k = 1.3,
                        .budgets = n_first == 0 ? Budgets::Uniform : Budgets::Zipf,
                        .mutual_choice_batches = n_first,
                        .zipf_exponent = n_first == 0 ? 0 : 1.0});
    Index stored = 0;
    std::vector<bool> woke(n_latents, false);
    for (std::uint64_t step = 0; step < 105; ++step) {
      const bool counts = static_cast<Index>(step) >= n_first;
      std::vector<Index> active(n_latents, 0);
      std::vector<Index> granted;
      for (Index j = 0; j < n_latents; ++j) granted.push_back(act.budgets().granted(j, batch));
      const SparseCode<float> code = step_of(act, step);
      if (!counts) continue;
      for (const LatentId latent : code.latents) {
        ++active[static_cast<std::size_t>(latent)];
        woke[static_cast<std::size_t>(latent)] = true;
      }
      for (std::size_t j = 0; j < n_latents; ++j) REQUIRE(active[j] <= granted[j]);
      stored += code.stored();
    }
    const auto n_counted = static_cast<double>(105 - n_first);
    CAPTURE(n_first);
    // Credits are below one each, and every budget met enough positive pre-activations but the first rank's.
    CHECK(std::abs(static_cast<double>(stored) / n_counted - 1.3 * batch) < 60 / n_counted + 1);
    CHECK(std::count(woke.begin(), woke.end(), true) == n_latents);
  }
}

TEST_CASE("thresholds are the running means of each latent's smallest value") {
  auto act = rule_of<double>({.k = 1, .threshold_decay = 0.75}, 3);
  act.observe(code_with(2, {{5, 0, 0}, {3, 0, 1}, {4, 1, 1}}));
  CHECK(thresholds_of(act)[0] == 3);
  CHECK(thresholds_of(act)[1] == 4);
  CHECK(thresholds_of(act)[2] == std::numeric_limits<double>::max());  // never selected: silent
  act.observe(code_with(2, {{7, 0, 0}, {2, 2, 1}}));
  CHECK_THAT(thresholds_of(act)[0], close_to((0.75 * 3 + 7) / 1.75, 1e-14));
  CHECK(thresholds_of(act)[1] == 4);  // a batch without the latent says nothing about it
  CHECK(thresholds_of(act)[2] == 2);
}

TEST_CASE("before the freeze and for latents never selected since, the threshold is Mutual Choice's") {
  auto act = rule_of<double>({.k = 1, .mutual_choice_batches = 2, .threshold_decay = 0.75}, 3);
  act.observe(code_with(2, {{5, 0, 0}, {3, 1, 1}}));
  CHECK((thresholds_of(act) == std::vector<double>(3, 3)));
  act.observe(code_with(2, {{6, 0, 0}, {4, 0, 1}}));
  REQUIRE(act.is_frozen());
  const double shared = (0.75 * 3 + 4) / 1.75;
  for (const double threshold : thresholds_of(act)) CHECK_THAT(threshold, close_to(shared, 1e-14));
  act.observe(code_with(2, {{9, 1, 0}}));
  CHECK_THAT(thresholds_of(act)[0], close_to(shared, 1e-14));
  CHECK(thresholds_of(act)[1] == 9);
}

TEST_CASE("thresholds may be set, before the freeze one for all") {
  auto act = rule_of<double>({.k = 1, .mutual_choice_batches = 1}, 3);
  CHECK(act.calibration_densities() == Buffer<double>(1, 1.0));
  CHECK_THROWS_WITH(act.set_thresholds(Vector<double>::Constant(3, 1.0)),
                    "FeatureChoice thresholds: expected a 1 x 1 matrix, got 3 x 1");
  act.set_thresholds(Vector<double>::Constant(1, 0.7));
  CHECK((thresholds_of(act) == std::vector<double>(3, 0.7)));
  act.observe(code_with(2, {{5, 0, 0}}));
  CHECK(act.calibration_densities().size() == 3);
  CHECK_THAT(act.calibration_densities()[1], close_to(1.0 / 3, 1e-7));
  act.set_thresholds(Vector<double>::LinSpaced(3, 0, 1));
  CHECK((thresholds_of(act) == std::vector<double>{0, 0.5, 1}));
  CHECK_THROWS_WITH(act.set_thresholds(Vector<double>::Constant(3, -1.0)),
                    "FeatureChoice threshold: expected a finite value of at least 0, got -1");
}

TEST_CASE("there is no inference of Feature Choice before training") {
  const std::string message =
      "FeatureChoice threshold: expected a model that has seen a training batch, got one that "
      "has not";
  CHECK_THROWS_WITH(rule_of({.k = 2}).inference(), message);
  CHECK_THROWS_WITH(rule_of({.k = 2, .mutual_choice_batches = 3}).inference(), message);
}

TEST_CASE("arrays that are kept and put back continue a run as if it had not stopped") {
  const Settings settings{.k = 2.3, .budgets = Budgets::Zipf, .mutual_choice_batches = 6};
  for (const std::uint64_t stop : {3u, 6u, 10u}) {
    auto act = rule_of(settings);
    for (std::uint64_t step = 0; step < stop; ++step) step_of(act, step);
    const std::vector<float> saved = arrays_of(act);
    auto resumed = rule_of(settings);
    auto next = saved.begin();
    resumed.visit_arrays([&](const ParameterArray<float>& array) {
      CHECK(array.role == Role::Statistic);
      for (float& value : array.values) value = *next++;
    });
    CHECK_NOTHROW(resumed.check());
    CHECK(resumed.is_frozen() == (stop >= 6));
    for (std::uint64_t step = stop; step < 16; ++step) {
      CAPTURE(stop, step);
      CHECK(first_difference(step_of(resumed, step), step_of(act, step)) == "");
    }
    CHECK((arrays_of(resumed) == arrays_of(act)));
    CHECK(resumed.inference().threshold() == act.inference().threshold());
  }
}

TEST_CASE("Feature Choice passes the gradient of the selected entries") {
  test::LatentFixture<float> latent(1, {2, 5}, {2, 5});
  latent.fill(latent.d_value, {0.5f, -1});
  latent.fill(latent.d_pre_act, {0, 0.25f});
  latent.backward(FeatureChoice<float>());
  CHECK(test::equals(latent.d_pre_acts, {0.5f, -0.75f}));
}

TEST_CASE("the settings of Feature Choice are visited by name") {
  FeatureChoice<float> act({.k = 5, .budgets = Budgets::Zipf, .mutual_choice_batches = 4});
  std::string names;
  act.visit_settings([&](std::string_view name, auto& value) {
    names.append(name).append(" ");
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string>) {
      CHECK(value == "zipf");
      value = "uniform";
    }
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, double>) value = 0.5;
  });
  CHECK(names == "k budgets mutual_choice_batches density_decay zipf_exponent zipf_shift threshold_decay ");
  CHECK(act.settings().k == 0.5);
  CHECK(act.settings().budgets == Budgets::Uniform);
  CHECK(act.settings().mutual_choice_batches == 4);
  CHECK(act.settings().zipf_exponent == 0.5);
  CHECK_NOTHROW(act.check());
  const auto misname = [](std::string_view, auto& value) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string>) value = "pareto";
  };
  CHECK_THROWS_WITH(act.visit_settings(misname), "FeatureChoice budgets: expected uniform or zipf, got pareto");
  CHECK(FeatureChoice<float>::name == "feature_choice");
  CHECK_FALSE(FeatureChoice<float>::has_threshold);
}

TEST_CASE("settings of Feature Choice that cannot be are refused") {
  const auto refuses = [](const Settings& settings, const std::string& message) {
    CHECK_THROWS_WITH(FeatureChoice<float>(settings), ContainsSubstring("FeatureChoice " + message));
  };
  refuses({.k = 0}, "k: expected a finite value above 0, got 0");
  refuses({.budgets = Budgets::Zipf},
          "mutual_choice_batches: expected at least 1 with Zipf budgets, whose ranks they measure, got 0");
  refuses({.mutual_choice_batches = -1}, "mutual_choice_batches: expected a value from 0 to 16777216, got -1");
  refuses({.mutual_choice_batches = 20'000'000}, "mutual_choice_batches");
  refuses({.density_decay = 1}, "density_decay");
  refuses({.zipf_exponent = -0.1}, "zipf_exponent: expected a value from 0 to 10, got -0.1");
  refuses({.zipf_shift = -1}, "zipf_shift: expected a value from 0 to 1e+06, got -1");
  refuses({.threshold_decay = 1}, "threshold_decay");
  CHECK_THROWS_WITH(rule_of({.k = 5}, 4), "FeatureChoice k: expected a value from 0 to 4, got 5");
  CHECK_THROWS_WITH(rule_of({.k = 5}).select(10, 7), "FeatureChoice budgets: expected a 7 x 1 matrix, got 60 x 1");
}

TEST_CASE("arrays of Feature Choice that cannot be are refused") {
  const auto refuses = [](const std::string& name, Index at, float value, const std::string& message) {
    auto act = rule_of({.k = 2, .mutual_choice_batches = 3});
    act.visit_arrays([&](const ParameterArray<float>& array) {
      if (array.name == name) array.values[at] = value;
    });
    CHECK_THROWS_WITH(act.check(), ContainsSubstring("FeatureChoice " + message));
  };
  refuses("schedule", 0, 4, "schedule batches: expected a value from 0 to 3, got 4");
  refuses("schedule", 1, -1, "schedule exponent");
  refuses("mutual_choice_threshold", 0, -1, "mutual_choice_threshold");
  refuses("running_threshold", 17, -1, "running_threshold: expected a finite value of at least 0, got -1");
  refuses("running_density", 5, 2, "running_density");
  refuses("density", 5, 2, "density: expected a value from 0 to 1, got 2");
  refuses("credit", 5, -1, "credit");
}

}  // namespace feature_choice_test
