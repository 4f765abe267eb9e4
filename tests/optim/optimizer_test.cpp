// SPDX-License-Identifier: MIT
#include <parsae/optim/optimizer.hpp>

#include <support/catch.hpp>
#include <support/recording_optimizer.hpp>

namespace optimizer_test {

using namespace parsae;

namespace {

/// Plain gradient descent, which needs no state.
struct Descent {
  static constexpr int n_moments = 0;

  template <class Scalar>
  struct Step {
    Scalar rate;
    void update(Scalar scale, Slice<Scalar> parameters, Slice<const Scalar> gradients,
                typename OptimizerState<Scalar, 0>::MomentSlices) const {
      for (Index i = 0; i < parameters.size(); ++i) parameters[i] -= rate * scale * gradients[i];
    }
  };

  template <class Scalar>
  [[nodiscard]] Step<Scalar> begin_step(Index, double learning_rate) const {
    return {static_cast<Scalar>(learning_rate)};
  }
};

struct NoUpdate {
  static constexpr int n_moments = 1;
  template <class Scalar>
  [[nodiscard]] int begin_step(Index, double) const {
    return 0;
  }
};

}  // namespace

TEST_CASE("OptimizerFor takes update rules with any number of moments", "[optimizer]") {
  STATIC_REQUIRE(OptimizerFor<Descent, float>);
  STATIC_REQUIRE(OptimizerFor<test::RecordingOptimizer, double>);
  STATIC_REQUIRE(!OptimizerFor<NoUpdate, float>);
}

TEST_CASE("OptimizerState holds zeroed moments of each array's size", "[optimizer]") {
  OptimizerState<float, 2> state;
  float values[6] = {1, 2, 3, 4, 5, 6};
  state.add({"one", Role::Learned, Axis::Latent, 2, {values, 6}});
  state.add({"other", Role::Learned, Axis::Shared, 3, {values, 3}});
  REQUIRE(state.moments.size() == 2);
  CHECK(state.step == 0);
  for (const Buffer<float>& moment : state.moments[0]) CHECK(moment == Buffer<float>(6, 0.0f));
  for (const Buffer<float>& moment : state.moments[1]) CHECK(moment == Buffer<float>(3, 0.0f));
}

TEST_CASE("OptimizerState cuts the same part out of every moment", "[optimizer]") {
  OptimizerState<double, 2> state;
  double values[6] = {};
  state.add({"unused", Role::Learned, Axis::Shared, 6, {values, 6}});
  state.add({"used", Role::Learned, Axis::Shared, 6, {values, 6}});
  for (Index i = 0; i < 6; ++i) {
    state.moments[1][0][i] = static_cast<double>(i);
    state.moments[1][1][i] = static_cast<double>(10 + i);
  }
  const auto parts = state.slices(1, 2, 3);
  REQUIRE(parts[0].size() == 3);
  REQUIRE(parts[1].size() == 3);
  CHECK(parts[0][0] == 2);
  CHECK(parts[1][2] == 14);
  parts[1][2] = -1;
  CHECK(state.moments[1][1][4] == -1);
}

}  // namespace optimizer_test
