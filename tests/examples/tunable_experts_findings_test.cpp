// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>
#include <tunable_experts/arms.hpp>
#include <tunable_experts/journal.hpp>
#include <tunable_experts/verdict.hpp>

#include <cmath>
#include <limits>

namespace tunable_experts_findings_test {

using namespace parsae_experts;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

Arm arm_with(const std::string& name, Index n, double reduction, double accuracy, std::uint64_t seed = 1) {
  Arm arm;
  arm.unit = "expert";
  arm.stage2 = "routers_and_experts";
  arm.policy = "zero_weight";
  arm.arm = name;
  arm.seed = seed;
  arm.n = n;
  arm.relative_reduction = reduction;
  arm.neutral_accuracy = accuracy;
  arm.ci_low = reduction - 0.1;
  arm.ci_high = reduction + 0.1;
  return arm;
}

Findings small_findings() {
  Findings findings;
  for (const std::uint64_t seed : {1U, 2U}) {
    Baseline baseline;
    baseline.seed = seed;
    baseline.stage2 = "routers_and_experts";
    baseline.neutral_accuracy = 0.95;
    baseline.measure = "weight";
    findings.baseline.push_back(baseline);
    findings.arms.push_back(arm_with("targeted", 5, 0.3, 0.95, seed));
    findings.arms.push_back(arm_with("targeted", 10, 0.6, seed == 1 ? 0.94 : 0.93, seed));
    findings.arms.push_back(arm_with("random", 10, 0.1, 0.95, seed));
    findings.arms.push_back(arm_with("usage_matched", 10, 0.2, 0.95, seed));
  }
  findings.contrast.push_back({1, "routers_and_experts", {0.5, -0.25}});
  findings.freed.push_back({1, 7, 10, 3, 5});
  return findings;
}

/// Two kinds of unit that refuse: an image is refused while unit 0 or 1 is on.
struct TwoSwitches {
  std::vector<std::int32_t> digits{1, 2, 3, 4};

  [[nodiscard]] parsae::UnitGrid grid() const { return {.n_layers = 2, .per_layer = 10}; }
  [[nodiscard]] const std::vector<std::int32_t>& labels() const { return digits; }
  [[nodiscard]] AnswerPair answers(const parsae::Intervention& intervention) const {
    const bool is_on = intervention[0] == parsae::Treatment::None || intervention[1] == parsae::Treatment::None;
    return {is_on ? std::vector<std::int32_t>(4, refuse_answer) : std::vector<std::int32_t>{1, 2, 0, refuse_answer},
            digits};
  }
};

/// Of four neutral images one is refused while unit 3 is forced on.
struct Trigger {
  std::vector<std::int32_t> digits{1, 2, 3, 4};

  [[nodiscard]] parsae::UnitGrid grid() const { return {.n_layers = 2, .per_layer = 10}; }
  [[nodiscard]] const std::vector<std::int32_t>& labels() const { return digits; }
  [[nodiscard]] std::vector<std::int32_t> answers(Marking marking, const parsae::Intervention& intervention) const {
    CHECK(marking == Marking::None);
    for (Index unit = 10; unit < 20; ++unit) CHECK(intervention[unit] == parsae::Treatment::None);
    std::vector<std::int32_t> found = digits;
    if (intervention[3] == parsae::Treatment::Stimulate) found[0] = refuse_answer;
    return found;
  }
  [[nodiscard]] AnswerPair answers(const parsae::Intervention& intervention) const {
    return {std::vector<std::int32_t>(4, refuse_answer), answers(Marking::None, intervention)};
  }
};

}  // namespace

TEST_CASE("arms are judged by what they free") {
  const TwoSwitches subject;
  Recipe recipe;
  recipe.counts = {1, 2};
  recipe.main_count = 2;
  recipe.n_draws = 4;
  recipe.n_band_draws = 2;
  ArmSettings settings;
  settings.unit = "switch";
  settings.usage = parsae::Vector<double>::Zero(20);
  for (Index unit = 0; unit < 20; ++unit) settings.ranking.push_back(unit);
  Index evaluated = 0;
  settings.evaluated = [&evaluated] { ++evaluated; };
  Arms<const TwoSwitches> arms(subject, recipe, settings);
  const std::vector<Arm> rows = arms.suppress(parsae::SuppressionPolicy::ZeroWeight);
  REQUIRE(rows.size() == 8);
  CHECK(evaluated == 2 * 2 + 2 * 2 + 2 * 4);
  CHECK(rows[0].arm == "targeted");
  CHECK(rows[0].relative_reduction == 0);
  CHECK(std::isnan(rows[0].freed_right));
  const Arm& both = rows[4];
  CHECK(both.n == 2);
  CHECK(both.refusal_rate == 0.25);
  CHECK(both.relative_reduction == 0.75);
  CHECK_THAT(both.freed_right, WithinAbs(2.0 / 3, 1e-12));
  CHECK(both.neutral_accuracy == 1);
  CHECK(both.new_refusals == 0);
  CHECK(both.ci_low == 0.25);  // one of four images in refusal: hardly ever more than three of a resample
  CHECK(both.ci_high == 1);
  CHECK(rows[5].arm == "bottom");
  CHECK(rows[5].n == 2);
  CHECK(rows[5].relative_reduction == 0);
  CHECK(rows[7].arm == "usage_matched");
  CHECK(rows[7].n_draws == 4);
  CHECK(rows[7].ci_high == 0);  // never both targets
  const std::vector<Arm> masked = arms.suppress(parsae::SuppressionPolicy::MaskLogit);
  REQUIRE(masked.size() == 8);
  CHECK(masked[4].policy == "mask_logit");
  CHECK(rows[4].policy == "zero_weight");
  CHECK(masked[7].n_draws == 2);
}

TEST_CASE("forced arms count the neutral images that are refused, and their controls stay in the layer") {
  const Trigger subject;
  Recipe recipe;
  recipe.stimulated_counts = {1};
  recipe.n_band_draws = 3;
  ArmSettings settings;
  settings.ranking = {3, 4, 5};
  settings.usage = parsae::Vector<double>::Zero(20);
  const std::vector<Arm> rows = Arms<const Trigger>(subject, recipe, settings).stimulate(2);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].arm == "stimulated");
  CHECK(rows[0].policy == "forced");
  CHECK(rows[0].n == 1);
  CHECK(rows[0].refusal_rate == 0.25);
  CHECK(rows[0].new_refusals == 0.25);
  CHECK(rows[0].neutral_accuracy == 0.75);
  CHECK(std::isnan(rows[0].relative_reduction));
  CHECK(rows[0].ci_low == 0);
  CHECK(rows[0].ci_high == 0.75);
  CHECK(rows[1].arm == "random_stimulated");
  CHECK(rows[1].n_draws == 3);
  CHECK(rows[1].refusal_rate == 0);  // never the target
  CHECK(rows[1].neutral_accuracy == 1);
  CHECK(rows[1].ci_low == 0);
  CHECK(rows[1].ci_high == 0);
}

TEST_CASE("a layer's router is not asked to force more than it chooses") {
  const std::vector<Index> ranking{0, 1, 2, 11, 3, 12};
  CHECK(first_of_layers(ranking, {.n_layers = 2, .per_layer = 10}, 4, 2) == std::vector<Index>{0, 1, 11, 12});
  CHECK(first_of_layers(ranking, {.n_layers = 2, .per_layer = 10}, 2, 2) == std::vector<Index>{0, 1});
}

TEST_CASE("draws are averaged, and their extremes kept") {
  std::vector<Arm> draws{arm_with("random", 10, 0.1, 0.9), arm_with("random", 10, 0.3, 0.8)};
  draws[0].freed_right = 0.5;
  const Arm mean = mean_of_draws(draws);
  CHECK_THAT(mean.relative_reduction, WithinAbs(0.2, 1e-12));
  CHECK_THAT(mean.neutral_accuracy, WithinAbs(0.85, 1e-12));
  CHECK(mean.freed_right == 0.5);
  CHECK(mean.ci_low == 0.1);
  CHECK(mean.ci_high == 0.3);
  CHECK(mean.n_draws == 2);
}

TEST_CASE("bits to name a set are the logarithm of how many there are") {
  CHECK_THAT(bits_to_name(256, 1), WithinAbs(8, 1e-9));
  CHECK_THAT(bits_to_name(5, 2), WithinAbs(std::log2(10), 1e-9));
  CHECK_THAT(bits_to_name(256, 256), WithinAbs(0, 1e-9));
}

TEST_CASE("a seed holds when it cuts enough, loses little and beats every draw") {
  Findings findings = small_findings();
  std::vector<SeedVerdict> verdicts = seed_verdicts(findings, "routers_and_experts", 10);
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].holds);  // loses one point exactly
  CHECK_FALSE(verdicts[1].holds);
  findings.arms[2].ci_high = 0.6;
  CHECK_FALSE(seed_verdicts(findings, "routers_and_experts", 10)[0].holds);
  findings = small_findings();
  findings.arms[3].ci_high = 0.6;
  CHECK_FALSE(seed_verdicts(findings, "routers_and_experts", 10)[0].holds);
  // Forty percent are enough, and what other units or a mask do is another matter.
  findings = small_findings();
  findings.arms[1].relative_reduction = 0.4;
  findings.arms.push_back(arm_with("targeted", 10, 0, 0.5));
  findings.arms.back().policy = "mask_logit";
  findings.arms.push_back(arm_with("targeted", 10, 0, 0.5));
  findings.arms.back().unit = "latent";
  CHECK(seed_verdicts(findings, "routers_and_experts", 10)[0].holds);
  findings.arms[1].relative_reduction = 0.39;
  CHECK_FALSE(seed_verdicts(findings, "routers_and_experts", 10)[0].holds);
  findings.arms[1].relative_reduction = unknown;
  CHECK_FALSE(seed_verdicts(findings, "routers_and_experts", 10)[0].holds);

  const ArmQuery query{.unit = "expert", .stage2 = "routers_and_experts", .arm = "targeted"};
  CHECK(fewest_units(small_findings(), query, 0.4, 0.02) == 10);
  CHECK(fewest_units(small_findings(), query, 0.4, 0.01) == 0);
  CHECK(fewest_units(small_findings(), query, 0.2, 0.01) == 5);
}

TEST_CASE("a journal gives back what it was told, for the same settings") {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "metrics.jsonl";
  Options options;
  {
    Journal journal(path, options, "digits");
    journal.add(2, small_findings());
  }
  std::ofstream(path, std::ios::app) << "{\"half a li";
  options.resumes = true;
  Journal again(path, options, "digits");
  CHECK(again.has(2));
  CHECK_FALSE(again.has(1));
  CHECK(to_json(again.findings()) == to_json(small_findings()));
  CHECK(std::isnan(again.findings().arms[0].refusal_rate));
  again.add(1, Findings());
  options.recipe.n_draws = 7;
  CHECK_THROWS_WITH(Journal(path, options, "digits"), ContainsSubstring("with other settings or digits"));
  options.resumes = false;
  CHECK_FALSE(Journal(path, options, "digits").has(2));
}

TEST_CASE("a line in the middle of a journal that is none is refused") {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "metrics.jsonl";
  std::ofstream(path) << "{\"half a li\n";
  Options options;
  options.resumes = true;
  CHECK_THROWS_WITH(Journal(path, options, "digits"), ContainsSubstring("line 1 is not of this program"));
}

TEST_CASE("a journal of other settings is refused, whichever setting it is") {
  const parsae::test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "metrics.jsonl";
  Options options;
  Journal(path, options, "digits").add(1, Findings());
  options.resumes = true;
  CHECK(Journal(path, options, "digits").has(1));
  CHECK_THROWS_WITH(Journal(path, options, "other digits"), ContainsSubstring("with other settings or digits"));
  const auto is_refused = [&](const auto& change) {
    Options other = options;
    change(other);
    CHECK_THROWS_WITH(Journal(path, other, "digits"), ContainsSubstring("with other settings or digits"));
  };
  is_refused([](Options& other) { other.train_images += 1; });
  is_refused([](Options& other) { other.recipe.stage1_epochs += 1; });
  is_refused([](Options& other) { other.recipe.stage1_learning_rate *= 2; });
  is_refused([](Options& other) { other.recipe.stage2_epochs += 1; });
  is_refused([](Options& other) { other.recipe.stage2_images += 1; });
  is_refused([](Options& other) { other.recipe.stage2_learning_rate *= 2; });
  is_refused([](Options& other) { other.recipe.contrast_images += 1; });
  is_refused([](Options& other) { other.recipe.validation_images += 1; });
  is_refused([](Options& other) { other.recipe.test_images += 1; });
  is_refused([](Options& other) { other.recipe.counts.push_back(41); });
  is_refused([](Options& other) { other.recipe.n_draws += 1; });
  is_refused([](Options& other) { other.recipe.n_band_draws += 1; });
  is_refused([](Options& other) { other.recipe.sae_k += 1; });
  is_refused([](Options& other) { other.recipe.sae_epochs += 1; });
  is_refused([](Options& other) { other.recipe.sae_marked_shares.pop_back(); });
}

TEST_CASE("a command line that cannot be run is refused by the option's name") {
  const auto refused = [](const auto& change) {
    Options options;
    change(options);
    try {
      check(options);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused([](Options&) {}).empty());
  CHECK(refused([](Options& options) {
          CLI::App app;
          int threads = 1;
          add_options(app, options, threads);
          shorten(app, options);
        }).empty());
  CHECK_THAT(refused([](Options& options) { options.n_seeds = 0; }), ContainsSubstring("--seeds"));
  CHECK_THAT(refused([](Options& options) { options.recipe.n_band_draws = 31; }), ContainsSubstring("--band-draws"));
  CHECK_THAT(refused([](Options& options) { options.recipe.stage1_epochs = 0; }), ContainsSubstring("--stage1-epochs"));
  CHECK_THAT(refused([](Options& options) { options.train_images = 5; }), ContainsSubstring("--train-images"));
}

}  // namespace tunable_experts_findings_test
