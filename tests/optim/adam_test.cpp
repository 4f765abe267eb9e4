// SPDX-License-Identifier: MIT
#include <parsae/optim/adam.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <vector>

namespace adam_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

static_assert(OptimizerFor<Adam, float> && OptimizerFor<Adam, double>);

namespace {

/// The paper's Algorithm 1, one entry after the other, in double.
struct PlainAdam {
  double beta1, beta2, epsilon;
  std::vector<double> parameters, first, second;

  void update(Index t, double learning_rate, const std::vector<double>& gradients) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      first[i] = beta1 * first[i] + (1 - beta1) * gradients[i];
      second[i] = beta2 * second[i] + (1 - beta2) * gradients[i] * gradients[i];
      const double mean = first[i] / (1 - std::pow(beta1, static_cast<double>(t)));
      const double square = second[i] / (1 - std::pow(beta2, static_cast<double>(t)));
      parameters[i] -= learning_rate * mean / (std::sqrt(square) + epsilon);
    }
  }
};

/// Sixty steps with a changing learning rate and scale, side by side; the largest deviation over all arrays.
template <class Scalar>
void check_against_paper(Index size, const Adam::Settings& settings, double tolerance) {
  const auto n = static_cast<std::size_t>(size);
  Vector<Scalar> start = test::random_vector<Scalar>(size, 1);
  PlainAdam plain{settings.beta1, settings.beta2, settings.epsilon, {}, std::vector<double>(n), std::vector<double>(n)};
  for (const Scalar value : start) plain.parameters.push_back(static_cast<double>(value));
  OptimizerState<Scalar, 2> state;
  state.add({"parameters", Role::Learned, Axis::Shared, size, {start.data(), size}});

  const Adam adam(settings);
  for (Index t = 1; t <= 60; ++t) {
    const double learning_rate = 0.01 * static_cast<double>(1 + t % 3);
    const Scalar scale = t % 4 == 0 ? Scalar(0.25) : Scalar(1);
    const Vector<Scalar> gradients = test::random_vector<Scalar>(size, static_cast<std::uint64_t>(100 + t));
    std::vector<double> scaled;
    for (const Scalar value : gradients) scaled.push_back(static_cast<double>(scale * value));
    adam.begin_step<Scalar>(t, learning_rate)
        .update(scale, {start.data(), size}, {gradients.data(), size}, state.slices(0, 0, size));
    plain.update(t, learning_rate, scaled);
  }
  for (Index i = 0; i < size; ++i) {
    const auto at = static_cast<std::size_t>(i);
    CHECK_THAT(static_cast<double>(start(i)), test::close_to(plain.parameters[at], tolerance));
    CHECK_THAT(static_cast<double>(state.moments[0][0][i]), test::close_to(plain.first[at], tolerance));
    CHECK_THAT(static_cast<double>(state.moments[0][1][i]), test::close_to(plain.second[at], tolerance));
  }
}

}  // namespace

TEST_CASE("Adam is the paper's algorithm for every size, tails included", "[adam]") {
  for (Index size = 1; size <= 40; ++size) {
    INFO("size " << size);
    check_against_paper<double>(size, {}, 1e-12);
    check_against_paper<float>(size, {}, 2e-5);
  }
}

TEST_CASE("Adam is the paper's algorithm for other settings", "[adam]") {
  check_against_paper<double>(13, {.beta1 = 0}, 1e-12);
  check_against_paper<double>(13, {.beta2 = 0}, 1e-12);
  check_against_paper<double>(13, {.beta1 = 0.5, .beta2 = 0.9, .epsilon = 0.1}, 1e-12);
}

TEST_CASE("Adam's first step has the size of the learning rate, whatever the gradient's: the bias is corrected",
          "[adam]") {
  for (const double gradient : {1e-4, 1.0, 1e4}) {
    for (const Index size : {1, 16}) {
      Vector<double> parameters = Vector<double>::Zero(size);
      const Vector<double> gradients = Vector<double>::Constant(size, gradient);
      OptimizerState<double, 2> state;
      state.add({"parameters", Role::Learned, Axis::Shared, size, {parameters.data(), size}});
      Adam({.epsilon = 1e-12})
          .begin_step<double>(1, 0.05)
          .update(1.0, {parameters.data(), size}, {gradients.data(), size}, state.slices(0, 0, size));
      for (const double value : parameters) CHECK_THAT(value, test::close_to(-0.05, 1e-8));
    }
  }
}

TEST_CASE("Adam gives lanes and tail nearly the same bits", "[adam]") {
  // The same numbers in every entry: those in a vector register and those after it may differ by a rounding, no more.
  constexpr Index size = 39;
  Vector<float> parameters = Vector<float>::Constant(size, 0.7f);
  const Vector<float> gradients = Vector<float>::Constant(size, 0.3f);
  OptimizerState<float, 2> state;
  state.add({"parameters", Role::Learned, Axis::Shared, size, {parameters.data(), size}});
  for (Index t = 1; t <= 10; ++t)
    Adam().begin_step<float>(t, 0.01).update(0.5f, {parameters.data(), size}, {gradients.data(), size},
                                             state.slices(0, 0, size));
  CHECK(parameters.maxCoeff() - parameters.minCoeff() < 1e-6f);
  CHECK(parameters(0) < 0.65f);
}

TEMPLATE_TEST_CASE("Adam's moments of silent parameters end at zero and are never subnormal", "[adam]", float, double) {
  constexpr Index size = 39;  // lanes and tail
  constexpr TestType smallest = std::numeric_limits<TestType>::min();
  Vector<TestType> parameters = Vector<TestType>::Zero(size);
  Vector<TestType> gradients = test::random_vector<TestType>(size, 1);
  OptimizerState<TestType, 2> state;
  state.add({"parameters", Role::Learned, Axis::Shared, size, {parameters.data(), size}});
  const Adam adam({.beta2 = 0.8});
  bool any_subnormal = false;
  Index n_silent_first = 0;  // entries whose v was gone before m
  for (Index t = 1; t <= 8000; ++t) {
    adam.begin_step<TestType>(t, 0.01).update(1, {parameters.data(), size}, {gradients.data(), size},
                                              state.slices(0, 0, size));
    gradients.setZero();
    for (const Buffer<TestType>& moment : state.moments[0])
      for (const TestType value : moment) any_subnormal |= value != 0 && std::abs(value) < smallest;
    for (Index i = 0; i < size; ++i) n_silent_first += state.moments[0][1][i] == 0 && state.moments[0][0][i] != 0;
  }
  CHECK_FALSE(any_subnormal);
  CHECK(n_silent_first == 0);  // m / (sqrt(0) + epsilon) would be a step
  for (const Buffer<TestType>& moment : state.moments[0])
    for (const TestType value : moment) CHECK(value == 0);
  CHECK(parameters.allFinite());
}

TEST_CASE("Adam keeps small moments of both signs, and a gradient that is not a number", "[adam]") {
  constexpr Index size = 39;
  constexpr float small = 1e-18f;  // its square is normal after a thousand steps of weight 0.001, and at once with 0.5
  for (const float gradient : {small, -small}) {
    Vector<float> parameters = Vector<float>::Zero(size);
    const Vector<float> gradients = Vector<float>::Constant(size, gradient);
    OptimizerState<float, 2> state;
    state.add({"parameters", Role::Learned, Axis::Shared, size, {parameters.data(), size}});
    Adam({.beta2 = 0.5})
        .begin_step<float>(1, 0.01)
        .update(1, {parameters.data(), size}, {gradients.data(), size}, state.slices(0, 0, size));
    for (Index i = 0; i < size; ++i) {
      CHECK(state.moments[0][0][i] == (1 - static_cast<float>(0.9)) * gradient);
      CHECK(state.moments[0][1][i] > 0);
    }
    const Vector<float> broken = Vector<float>::Constant(size, std::numeric_limits<float>::quiet_NaN());
    Adam().begin_step<float>(2, 0.01).update(1, {parameters.data(), size}, {broken.data(), size},
                                             state.slices(0, 0, size));
    CHECK(parameters.array().isNaN().all());
  }
}

TEST_CASE("Adam refuses settings outside their ranges", "[adam]") {
  CHECK_THROWS_WITH(Adam({.beta1 = 1}), ContainsSubstring("Adam beta1") && ContainsSubstring("got 1"));
  CHECK_THROWS_WITH(Adam({.beta2 = -0.1}), ContainsSubstring("Adam beta2") && ContainsSubstring("got -0.1"));
  CHECK_THROWS_WITH(Adam({.epsilon = 0}), ContainsSubstring("Adam epsilon") && ContainsSubstring("got 0"));
  // What float would round to 0 and to 1.
  CHECK_THROWS_WITH(Adam({.epsilon = 1e-46}), ContainsSubstring("Adam epsilon"));
  CHECK_THROWS_WITH(Adam({.beta2 = 0.99999999}), ContainsSubstring("Adam beta2"));
  CHECK(static_cast<float>(0.9999999) < 1.0f);
}

}  // namespace adam_test
