// SPDX-License-Identifier: MIT
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/sparse/screened_filter.hpp>

#include <sparse/plain_rules.hpp>
#include <support/catch.hpp>
#include <support/walk_case.hpp>

#include <functional>
#include <limits>

namespace screened_filter_test {

using namespace parsae;
using test::first_difference;
using test::LargestOfSample;
using test::PassedFloors;
using test::WalkCase;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_bound = std::numeric_limits<float>::quiet_NaN();

/// How far a bound is from the pre-activation of (latent, sample), >= 0 or NaN.
using Slack = std::function<float(Index latent, Index sample)>;

/// The bounds that a filter is shown, in place of those of a product.
struct Shown {
  Slack above = [](Index, Index) { return 0.0F; };
  Slack below = [](Index, Index) { return 0.0F; };
  float beyond = 1e-30F;  ///< what stands in the lanes beyond the last latent
};

struct Outcome {
  SparseCode<float> code;
  Index survivors = 0;
  Index rescored = 0;
};

template <class Rule>
class Driver {
 public:
  Driver(const WalkCase<float>& input, const Shown& shown)
      : input_(input), pre_acts_(input.pre_acts()), shown_(shown) {}

  /// A walk in blocks of `block` samples and panels of latents in ascending order.
  Outcome run(const Rule& rule, Index block) {
    auto worker = rule.worker();
    rule.reset(worker, block);
    filter_.reset(rule, block, input_.n_latents());
    for (Index begin = 0; begin < input_.batch(); begin += block)
      run_block(rule, worker, {begin, std::min(begin + block, input_.batch())});
    Outcome outcome;
    rule.finish({&worker, 1}, outcome.code);
    outcome.survivors = filter_.counts().survivors;
    outcome.rescored = filter_.counts().rescored;
    return outcome;
  }

 private:
  static constexpr Index row = PanelProduct<float>::latents;
  static constexpr Index tile_samples = PanelProduct<float>::samples;

  void run_block(const Rule& rule, typename Rule::Worker& worker, SampleRange block) {
    const Index n_first = std::min(LaneMaxima<float>::panels, divide_up(input_.n_latents(), row));
    Matrix<float> first_lower(row, n_first * tile_samples);
    filter_.begin(rule, worker, block, {&input_.inputs, &input_.w_enc, &input_.b_enc});
    for (Index at = 0; at < block.size(); at += tile_samples) {
      const Index n_samples = std::min(tile_samples, block.size() - at);
      for (Index panel = 0; panel < n_first; ++panel) {
        fill(block.begin + at, n_samples, panel * row);
        first_lower.middleCols(panel * tile_samples, tile_samples) = lower_;
      }
      filter_.see_first(first_lower.data(), at, n_samples, n_first);
      for (Index first = 0; first < input_.n_latents(); first += row) {
        fill(block.begin + at, n_samples, first);
        filter_.take(rule, worker, upper_.data(), lower_.data(), at, n_samples, first);
      }
    }
    filter_.end(rule, worker);
  }

  void fill(Index first_sample, Index n_samples, Index first_latent) {
    upper_.setConstant(shown_.beyond);
    lower_.setConstant(-shown_.beyond);
    for (Index i = 0; i < n_samples; ++i)
      for (Index j = 0; j < std::min(row, input_.n_latents() - first_latent); ++j) {
        const float exact = pre_acts_(first_latent + j, first_sample + i);
        upper_(j, i) = exact + shown_.above(first_latent + j, first_sample + i);
        lower_(j, i) = exact - shown_.below(first_latent + j, first_sample + i);
      }
  }

  const WalkCase<float>& input_;
  Matrix<float> pre_acts_;
  Shown shown_;
  ScreenedFilter<Rule> filter_;
  Matrix<float> upper_ = Matrix<float>(row, tile_samples);
  Matrix<float> lower_ = Matrix<float>(row, tile_samples);
};

/// Slack of size `scale`, another one for every entry; `special` now and then.
Slack random_slack(float scale, float special, std::uint64_t stream) {
  return [=](Index latent, Index sample) {
    const Random random(8, stream);
    const auto counter = static_cast<std::uint64_t>(sample * 100000 + latent);
    if (random.below(9, 2 * counter) == 0) return special;
    return scale * static_cast<float>(random.uniform(2 * counter + 1));
  };
}

std::vector<Shown> all_shown() {
  std::vector<Shown> all;
  for (const float scale : {0.0F, 1e-3F, 1.0F, 100.0F})
    for (const float special : {0.0F, infinity, nan_bound})
      all.push_back({random_slack(scale, special, 1), random_slack(scale, special, 2)});
  all.push_back({random_slack(0, 0, 1), random_slack(0, infinity, 1)});  // nothing is known from below
  all.push_back({random_slack(0, infinity, 1), random_slack(0, 0, 1)});  // nothing is known from above
  all.push_back({random_slack(0, nan_bound, 1), random_slack(100, 0, 2), nan_bound});
  return all;
}

template <class Rule>
void check_rule(const WalkCase<float>& input, const SparseCode<float>& expected,
                const std::function<Rule(Index block)>& rule_of) {
  Index which = 0;
  for (const Shown& shown : all_shown()) {
    Driver<Rule> driver(input, shown);
    for (const Index block : {input.batch(), Index{1}, Index{13}}) {
      const Outcome outcome = driver.run(rule_of(block), block);
      CAPTURE(which, block);
      CHECK(first_difference(outcome.code, expected) == "");
      CHECK(outcome.rescored <= outcome.survivors);
      CHECK(outcome.rescored >= expected.stored());
    }
    ++which;
  }
}

/// Many latents, few inputs: ties, and waiting rooms that overflow.
const WalkCase<float>& many_ties() {
  static const WalkCase<float> input = WalkCase<float>::rounded(3, 1203, 26);
  return input;
}

constexpr Index row = PanelProduct<float>::latents;

}  // namespace

TEST_CASE("whatever the bounds, a screened filter finds the code of a rule whose floors rise") {
  const WalkCase<float>& input = many_ties();
  const Matrix<float> pre_acts = input.pre_acts();
  for (const Index k : {1, 5}) {
    CAPTURE(k);
    check_rule<LargestOfSample<float>>(input, test::largest_of_sample(pre_acts, k), [&](Index block) {
      return LargestOfSample<float>{input.batch(), k, block * k + row};
    });
    check_rule<TopKSelection<float>>(input, test::reference_top_k(pre_acts, k),
                                     [&](Index) { return TopKSelection<float>(input.batch(), k); });
  }
  check_rule<MutualChoiceSelection<float>>(input, test::reference_mutual_choice(pre_acts, 60),
                                           [&](Index) { return MutualChoiceSelection<float>(input.batch(), 60); });
}

TEST_CASE("whatever the bounds, a screened filter finds what passes fixed floors") {
  const WalkCase<float>& input = many_ties();
  const Matrix<float> pre_acts = input.pre_acts();
  PassedFloors<float> rule{test::rounded_matrix<float>(input.batch(), 1, 2),
                           test::rounded_matrix<float>(input.n_latents(), 1, 3)};
  rule.by_latent(0) = floor_never<float>;
  rule.by_sample(3) = floor_never<float>;
  rule.by_sample(4) = floor_always<float>;
  const SparseCode<float> expected = test::code_where<float>(
      pre_acts,
      [&](Index j, Index i) { return pre_acts(j, i) >= rule.by_sample(i) && pre_acts(j, i) >= rule.by_latent(j); },
      [&](Index j, Index i) { return pre_acts(j, i); });
  REQUIRE(expected.stored() > 1000);  // more than the smallest waiting room
  for (const Index buffer : {row, 2 * row + 3, Index{100000}}) {
    rule.buffer = buffer;
    check_rule<PassedFloors<float>>(input, expected, [&](Index) { return rule; });
  }
}

TEST_CASE("latents that are not eligible and lanes beyond the last one stay out, whatever their bounds") {
  const WalkCase<float> input = WalkCase<float>::random(5, row + 3, 10);
  Buffer<std::uint8_t> eligible(row + 3);
  for (Index j = 0; j < row + 3; ++j) eligible[j] = j % 2 == 0;
  const TopKSelection<float> rule(10, 4, eligible.slice());
  const SparseCode<float> expected = test::reference_top_k(input.pre_acts(), 4, eligible.slice());
  for (const float bound : {1e-30F, 1e30F, nan_bound}) {
    Driver<TopKSelection<float>> driver(input, {random_slack(1, bound, 1), random_slack(1, bound, 2), bound});
    const Outcome outcome = driver.run(rule, 10);
    CAPTURE(bound);
    CHECK(first_difference(outcome.code, expected) == "");
    CHECK(outcome.survivors <= 10 * (row + 3));  // of lanes beyond there is none
  }
}

TEST_CASE("pre-activations that are not finite") {
  WalkCase<float> input = WalkCase<float>::random(6, 100, 12);
  input.inputs(0, 0) = nan_bound;
  input.inputs(1, 1) = infinity;
  input.b_enc(5) = infinity;
  input.b_enc(6) = -infinity;
  input.b_enc(7) = nan_bound;
  const Matrix<float> pre_acts = input.pre_acts();
  check_rule<LargestOfSample<float>>(input, test::largest_of_sample(pre_acts, 3), [](Index block) {
    return LargestOfSample<float>{12, 3, 3 * block + row};
  });
  check_rule<MutualChoiceSelection<float>>(input, test::reference_mutual_choice(pre_acts, 40),
                                           [](Index) { return MutualChoiceSelection<float>(12, 40); });
}

TEST_CASE("of what survived, a filter computes little more than the code where bounds are narrow") {
  const WalkCase<float> input = WalkCase<float>::random(20, 4000, 24);
  const Slack narrow = [](Index, Index) { return 1e-3F; };
  Driver<TopKSelection<float>> top_k(input, {narrow, narrow});
  const Outcome one = top_k.run(TopKSelection<float>(24, 20), 24);
  CHECK(first_difference(one.code, test::reference_top_k(input.pre_acts(), 20)) == "");
  CHECK(one.survivors > 24 * 100);
  CHECK(one.rescored <= 24 * 2 * GatheredProduct<float>::latents * divide_up(20, GatheredProduct<float>::latents));

  Driver<MutualChoiceSelection<float>> mutual(input, {narrow, narrow});
  const MutualChoiceSelection<float> rule(24, 480);
  const Outcome all = mutual.run(rule, 24);
  CHECK(first_difference(all.code, test::reference_mutual_choice(input.pre_acts(), 480)) == "");
  CHECK(all.survivors > 2000);
  CHECK(all.rescored < rule.held() + 120);
}

TEST_CASE("the best upper bounds are computed first: they raise the floors of the others") {
  const WalkCase<float> input = WalkCase<float>::random(20, 4000, 24);
  const Shown shown{[](Index, Index) { return 1e-3F; }, [](Index, Index) { return infinity; }};
  Driver<LargestOfSample<float>> driver(input, shown);
  const Outcome outcome = driver.run({24, 4, 24 * 4 + row}, 24);
  CHECK(first_difference(outcome.code, test::largest_of_sample(input.pre_acts(), 4)) == "");
  INFO(outcome.survivors << " survived, " << outcome.rescored << " were computed");
  CHECK(outcome.rescored < outcome.survivors / 2);
}

TEST_CASE("counts are those of the walk, not of the walks before") {
  const WalkCase<float> input = WalkCase<float>::random(4, 50, 9);
  const PassedFloors<float> rule{Vector<float>::Constant(9, 0.5F), Vector<float>::Constant(50, floor_always<float>),
                                 row};
  const Slack slack = random_slack(0.3F, 0, 1);
  Driver<PassedFloors<float>> driver(input, {slack, slack});
  Index expected = 0;
  const Matrix<float> pre_acts = input.pre_acts();
  for (Index i = 0; i < 9; ++i)
    for (Index j = 0; j < 50; ++j) expected += pre_acts(j, i) + slack(j, i) >= 0.5F;
  for (int walk = 0; walk < 3; ++walk) {
    const Outcome outcome = driver.run(rule, 4);
    CHECK(outcome.survivors == expected);
    CHECK(outcome.rescored == expected);  // fixed floors rise for nobody
  }
}

TEST_CASE("where nothing can survive no bound is looked at") {
  const WalkCase<float> input = WalkCase<float>::random(4, row, 4);
  const TopKSelection<float> none(4, 0);
  auto worker = none.worker();
  ScreenedFilter<TopKSelection<float>> filter;
  filter.reset(none, 4, row);
  filter.begin(none, worker, {0, 4}, {&input.inputs, &input.w_enc, &input.b_enc});
  filter.take(none, worker, nullptr, nullptr, 0, 4, 0);
  filter.end(none, worker);
  CHECK(worker.settled.empty());
  CHECK(filter.counts().survivors == 0);
}

}  // namespace screened_filter_test
