// SPDX-License-Identifier: MIT
#include <parsae/core/threads.hpp>

#include <Eigen/LU>

#include <support/close_to.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../../benchmarks/allocators/superposition.hpp"

using namespace parsae_benchmarks;
using Catch::Matchers::ContainsSubstring;
using parsae::Threads;
using parsae::test::close_to;

TEST_CASE("frequencies add up to the active directions, fall as 1 / rank and stop at one half") {
  const Superposition world({.n_inputs = 8, .n_true = 100, .n_active = 6, .seed = 1});
  const std::vector<double>& p = world.frequency();
  CHECK_THAT(std::accumulate(p.begin(), p.end(), 0.0), close_to(6, 1e-9));
  CHECK(p.front() == 0.5);
  CHECK_THAT(p[99] * 100, close_to(p[49] * 50, 1e-9));
}

TEST_CASE("true directions are unit vectors, and samples follow from their number alone") {
  const Superposition world({.n_inputs = 10, .n_true = 30, .n_active = 3, .seed = 2});
  for (Index t = 0; t < 30; ++t) CHECK_THAT(world.truth().col(t).norm(), close_to(1, 1e-6));
  const parsae::Matrix<float> all = world.samples(0, 600, Threads(1));
  CHECK(all == world.samples(0, 600, Threads(3)));
  CHECK(all.middleCols(257, 100) == world.samples(257, 100, Threads(2)));
  CHECK(all != Superposition({.n_inputs = 10, .n_true = 30, .n_active = 3, .seed = 3}).samples(0, 600, Threads(1)));
}

TEST_CASE("without noise, samples are nonnegative sums of directions, each as often as its frequency says") {
  // As many directions as inputs: the codes can be solved for.
  const Superposition world({.n_inputs = 12, .n_true = 12, .n_active = 3, .noise = 0, .seed = 4});
  const Index n = 20000;
  const parsae::Matrix<float> samples = world.samples(0, n, Threads(2));
  const parsae::Matrix<double> codes = world.truth().cast<double>().partialPivLu().solve(samples.cast<double>());
  for (Index t = 0; t < 12; ++t) {
    const Index active = (codes.row(t).array() > 0.25).count();
    CHECK((codes.row(t).array() > -0.01).all());
    CHECK_THAT(static_cast<double>(active) / static_cast<double>(n),
               Catch::Matchers::WithinAbs(world.frequency()[static_cast<std::size_t>(t)], 0.015));
  }
  CHECK(codes.maxCoeff() < 1.51);
}

TEST_CASE("noise has its share of a sample's norm") {
  const SuperpositionSettings clean{.n_inputs = 400, .n_true = 50, .n_active = 5, .noise = 0, .seed = 5};
  SuperpositionSettings noisy = clean;
  noisy.noise = 0.2;
  const parsae::Matrix<float> a = Superposition(clean).samples(0, 50, Threads(1));
  const parsae::Matrix<float> b = Superposition(noisy).samples(0, 50, Threads(1));
  double share = 0;
  double counted = 0;
  for (Index i = 0; i < 50; ++i) {
    if (a.col(i).norm() == 0) continue;
    share += static_cast<double>((b.col(i) - a.col(i)).norm() / a.col(i).norm());
    ++counted;
  }
  CHECK(counted > 30);
  CHECK_THAT(share / counted, Catch::Matchers::WithinAbs(0.2, 0.01));
}

TEST_CASE("worlds that cannot be are refused") {
  CHECK_THROWS_WITH(Superposition({.n_inputs = 0}), ContainsSubstring("Superposition n_inputs"));
  CHECK_THROWS_WITH(Superposition({.n_true = 10, .n_active = 5}), ContainsSubstring("Superposition n_active"));
  CHECK_THROWS_WITH(Superposition({.n_active = 0}), ContainsSubstring("Superposition n_active"));
  CHECK_THROWS_WITH(Superposition({.noise = -1}), ContainsSubstring("Superposition noise"));
}
