// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/one_latent.hpp>

#include <limits>
#include <vector>

#include "../../examples/mnist_mdl/steered_mdl.hpp"
#include "../../examples/mnist_mdl/width_ladder.hpp"

namespace mnist_mdl_steered_mdl_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::WithinAbs;

static_assert(parsae::CodeLossFor<SteeredMdl, float>);

template <class Loss>
double value_of(const Loss& loss) {
  parsae::test::OneLatent<double> latent({1, 0, 3});
  parsae::LatentGradient<double> gradient = latent.gradient();
  return loss.add(latent.entries(), 1.0, 8, gradient);
}

parsae::TrainProgress at_step(Index step) {
  parsae::TrainProgress progress;
  progress.step = step;
  progress.total_steps = 1000;
  return progress;
}

struct Rung {
  Index width = 0;
  double bits = 0;
};

/// Bits at widths 16, 32, ...: what the ladder chooses, 0 for nothing, and the widths that it tried.
Index chosen(const std::vector<double>& bits, std::vector<Index>& tried, Index stop_at = 1 << 20) {
  const auto climb = [&](Index width) {
    tried.push_back(width);
    return Rung{width, bits.at(tried.size() - 1)};
  };
  const auto best = WidthLadder{.first = 16, .most = 128}.best(climb, [&](Index width) { return width < stop_at; });
  return best ? best->width : 0;
}

constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a steered MDL is the MDL of the noise that it finds in each step") {
  double noise = 1;
  const SteeredMdl steered(noise);
  const parsae::CodeLossStep step{.coefficient_factor = 0.5};
  for (const double now : {1.0, 0.25, 2.0}) {
    noise = now;
    CHECK(value_of(steered.of_step(step)) == value_of(parsae::MDL({.noise_variance = now}).of_step(step)));
  }
}

TEST_CASE("noise rises while the FVU is below its target, and falls while it is above") {
  const parsae::TrainProgress end = at_step(1000);
  CHECK(NoiseSteering::next(1, 0.2, 0.2, 1, end) == 1);
  CHECK_THAT(std::log(NoiseSteering::next(1, 0.2, 0.24, 1, end)), WithinAbs(0.5 * std::log(1.2), 1e-12));
  CHECK(NoiseSteering::next(1, 0.3, 0.2, 1, end) < 1);
  CHECK_THAT(std::log(NoiseSteering::next(1, 0.2, 0.24, 0, end)), WithinAbs(0.125 * std::log(1.2), 1e-12));
  // Nothing changes by more than exp(0.3) at once, not even for an FVU of 0.
  CHECK_THAT(std::log(NoiseSteering::next(1, 1e-9, 0.5, 1, end)), WithinAbs(0.3, 1e-12));
  CHECK_THAT(std::log(NoiseSteering::next(1, 1e9, 0.5, 1, end)), WithinAbs(-0.3, 1e-12));
  CHECK_THAT(std::log(NoiseSteering::next(1, 0, 0.5, 1, end)), WithinAbs(0.3, 1e-12));
  // Half way the FVU may still be higher.
  CHECK(NoiseSteering::next(1, 0.2 * 1.075, 0.2, 1, at_step(500)) == 1);
}

TEST_CASE("steering begins after a third of the run, in every tenth step") {
  CHECK_FALSE(NoiseSteering::is_due(at_step(340)));
  CHECK(NoiseSteering::is_due(at_step(350)));
  CHECK_FALSE(NoiseSteering::is_due(at_step(355)));
}

TEST_CASE("the ladder of widths ends with the first rise, and takes the rung before it") {
  std::vector<Index> tried;
  CHECK(chosen({never, 30, 28, 29}, tried) == 64);
  CHECK(tried == std::vector<Index>{16, 32, 64, 128});
  tried.clear();
  CHECK(chosen({30, 31, 1, 1}, tried) == 16);
  CHECK(tried.size() == 2);
  tried.clear();
  CHECK(chosen({4, 3, 2, 1}, tried) == 128);  // as wide as it goes
  tried.clear();
  CHECK(chosen({30, never, 1, 1}, tried) == 16);
}

TEST_CASE("a ladder without a rung that keeps the bound, or one that was stopped before, has no answer") {
  std::vector<Index> tried;
  CHECK(chosen({never, never, never, never}, tried) == 0);
  CHECK(tried.size() == 4);
  tried.clear();
  CHECK(chosen({never, 30, 28, 29}, tried, 32) == 0);
  CHECK(tried.size() == 1);
}

}  // namespace mnist_mdl_steered_mdl_test
