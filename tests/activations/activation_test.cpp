// SPDX-License-Identifier: MIT
#include <parsae/activations/activation.hpp>
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>

namespace activation_test {

using namespace parsae;
using test::equals;

namespace {

/// Everything but a name.
struct Nameless : StatelessActivation {
  using Scalar = float;
  [[nodiscard]] ThresholdSelection<float> select(Index, Index) const;
  [[nodiscard]] Nameless inference() const;
  void backward(const LatentEntries<float>&, const LatentGradient<float>&, Slice<float>, Slice<float>) const;
};

struct Complete : Nameless {
  static constexpr std::string_view name = "complete";
};

struct WithoutInference : Complete {
  [[nodiscard]] int inference() const;
};

static_assert(ActivationRule<Complete> && !Activation<Complete>);  // its inference rule has no name
static_assert(!ActivationRule<Nameless>);
static_assert(!ObservesPreActivations<Complete>);  // the hook is optional
static_assert(ObservesPreActivations<JumpReLU<float>> && ObservesPreActivations<JumpReLU<double>>);
static_assert(!ObservesPreActivations<MutualChoice<float>>);
static_assert(ActivationRule<WithoutInference> && !Activation<WithoutInference>);

struct ClosedGate {
  static constexpr bool has_gate = false;
};
static_assert(HasGate<Gated<float>> && !HasGate<Complete> && !HasGate<ClosedGate> && !HasGate<JumpReLU<float>>);

}  // namespace

TEMPLATE_TEST_CASE("every activation satisfies its contract", "", float, double) {
  CHECK(Activation<ReLU<TestType>>);
  CHECK(Activation<Threshold<TestType>>);
  CHECK(Activation<JumpReLU<TestType>>);
  CHECK(Activation<Gated<TestType>>);
  CHECK(Activation<GatedInference<TestType>>);
  CHECK(Activation<TopK<TestType>>);
  CHECK(Activation<MutualChoice<TestType>>);
  CHECK(Activation<FeatureChoice<TestType>>);
  CHECK_FALSE(Activation<StatelessActivation>);
}

TEST_CASE("a gradient passes where the entry is active, and the direct one everywhere") {
  test::LatentFixture<float> latent(0, {2, 0.5f, 3}, {2, 0, 3});
  latent.fill(latent.d_value, {10, 20, 30});
  latent.fill(latent.d_gate, {7, 7, 7});
  latent.fill(latent.d_pre_act, {1, 2, 3});
  pass_through_backward(
      LatentEntries<float>{0, latent.samples.slice(), latent.values.slice(), latent.pre_acts.slice()},
      LatentGradient<float>{latent.d_value.slice(), latent.d_gate.slice(), latent.d_pre_act.slice(), 5},
      latent.d_pre_acts.slice());
  CHECK(equals(latent.d_pre_acts, {11, 2, 33}));
  pass_through_backward(
      LatentEntries<float>{0, latent.samples.slice(), latent.values.slice(), latent.pre_acts.slice()},
      LatentGradient<float>{latent.d_value.slice(), latent.d_gate.slice(), latent.d_pre_act.slice(), 5},
      latent.d_pre_acts.slice(), 4.0f);
  CHECK(equals(latent.d_pre_acts, {41, 2, 123}));
}

TEST_CASE("an activation without state has neither arrays nor settings nor a threshold") {
  StatelessActivation act;
  int visited = 0;
  act.visit_arrays([&](const auto&) { ++visited; });
  act.visit_settings([&](std::string_view, auto&) { ++visited; });
  act.observe(SparseCode<float>());
  act.resize(3);
  act.constrain(0);
  CHECK(visited == 0);
  CHECK_FALSE(StatelessActivation::has_threshold);
}

}  // namespace activation_test
