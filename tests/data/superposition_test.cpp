// SPDX-License-Identifier: MIT
#include <parsae/data/superposition.hpp>

#include <Eigen/LU>

#include <support/close_to.hpp>

#include <numeric>

namespace superposition_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using test::close_to;

TEST_CASE("frequencies add up to the active directions, fall as 1 / rank and stop at one half") {
  const Superposition world({.n_inputs = 8, .n_true = 100, .n_active = 6, .seed = 1});
  const Buffer<double>& p = world.frequency();
  CHECK_THAT(std::accumulate(p.begin(), p.end(), 0.0), close_to(6, 1e-9));
  CHECK(p[0] == 0.5);
  CHECK_THAT(p[99] * 100, close_to(p[49] * 50, 1e-9));
}

TEST_CASE("the steepest law leaves the first directions their share") {
  const Superposition world({.n_inputs = 2, .n_true = 4096, .n_active = 1.5, .zipf = 10});
  double sum = 0;
  for (const double p : world.frequency()) sum += p;
  CHECK_THAT(sum, close_to(1.5, 1e-12));
  CHECK(world.frequency()[0] == 0.5);
}

TEST_CASE("true directions are unit vectors, and samples follow from their number alone") {
  const Superposition world({.n_inputs = 10, .n_true = 30, .n_active = 3, .seed = 2});
  for (Index t = 0; t < 30; ++t) CHECK_THAT(world.truth().col(t).norm(), close_to(1, 1e-6));
  const Matrix<float> all = world.inputs({0, 600}, Threads(1));
  CHECK(all == world.inputs({0, 600}, Threads(3)));
  CHECK(all.middleCols(257, 100) == world.inputs({257, 357}, Threads(2)));
  CHECK(all != Superposition({.n_inputs = 10, .n_true = 30, .n_active = 3, .seed = 3}).inputs({0, 600}, Threads(1)));
}

TEST_CASE("without noise, samples are nonnegative sums of directions, each as often as its frequency says") {
  // As many directions as inputs: the codes can be solved for.
  const Superposition world({.n_inputs = 12, .n_true = 12, .n_active = 3, .noise = 0, .seed = 4});
  const Index n = 20000;
  const Matrix<float> samples = world.inputs({0, n}, Threads(2));
  const Matrix<double> codes = world.truth().cast<double>().partialPivLu().solve(samples.cast<double>());
  for (Index t = 0; t < 12; ++t) {
    const Index active = (codes.row(t).array() > 0.25).count();
    CHECK((codes.row(t).array() > -0.01).all());
    CHECK_THAT(static_cast<double>(active) / static_cast<double>(n), WithinAbs(world.frequency()[t], 0.015));
  }
  CHECK(codes.maxCoeff() < 1.51);
}

TEST_CASE("noise has its share of a sample's norm") {
  const SuperpositionSettings clean{.n_inputs = 400, .n_true = 50, .n_active = 5, .noise = 0, .seed = 5};
  SuperpositionSettings noisy = clean;
  noisy.noise = 0.2;
  const Matrix<float> a = Superposition(clean).inputs({0, 50}, Threads(1));
  const Matrix<float> b = Superposition(noisy).inputs({0, 50}, Threads(1));
  double share = 0;
  double counted = 0;
  for (Index i = 0; i < 50; ++i) {
    if (a.col(i).norm() == 0) continue;
    share += static_cast<double>((b.col(i) - a.col(i)).norm() / a.col(i).norm());
    ++counted;
  }
  CHECK(counted > 30);
  CHECK_THAT(share / counted, WithinAbs(0.2, 0.01));
}

TEST_CASE("the codes are those that made the inputs, and as sparse as asked for") {
  const Superposition world({.n_inputs = 10, .n_true = 40, .n_active = 4, .zipf = 0, .noise = 0, .seed = 6});
  const Index n = 20000;
  const SuperpositionSamples drawn = world.draw({100, 100 + n}, Threads(2));
  CHECK(drawn.inputs == world.inputs({100, 100 + n}, Threads(1)));
  const Matrix<double> made = world.truth().cast<double>() * drawn.codes.leftCols(500).cast<double>();
  CHECK((made - drawn.inputs.leftCols(500).cast<double>()).cwiseAbs().maxCoeff() < 1e-5);
  for (Index t = 0; t < 40; ++t) {
    CHECK_THAT(world.frequency()[t], close_to(0.1, 1e-12));
    const Index active = (drawn.codes.row(t).array() > 0).count();
    CHECK_THAT(static_cast<double>(active) / static_cast<double>(n), WithinAbs(0.1, 5 * std::sqrt(0.09 / 20000)));
  }
  const double amplitude = static_cast<double>(drawn.codes.sum()) / (4.0 * 20000);
  CHECK_THAT(amplitude, WithinAbs(1, 0.02));
}

TEST_CASE("directions of a group are active together as the correlation says, others independently") {
  const Superposition world(
      {.n_inputs = 4, .n_true = 6, .n_active = 1.2, .zipf = 0.5, .group_size = 2, .correlation = 0.6, .seed = 7});
  const Index n = 50000;
  const Matrix<float> codes = world.draw({0, n}).codes;
  const Matrix<double> active = (codes.array() > 0).cast<double>();
  const auto p = [&](Index t) { return world.frequency()[t]; };
  for (Index s = 0; s < 6; ++s) {
    CHECK_THAT(active.row(s).mean(), WithinAbs(p(s), 0.011));
    for (Index t = 0; t < s; ++t) {
      const double covariance = (active.row(s).array() * active.row(t).array()).mean() - p(s) * p(t);
      const double expected = s / 2 == t / 2 ? 0.6 * (std::min(p(s), p(t)) - p(s) * p(t)) : 0;
      CHECK_THAT(covariance, WithinAbs(expected, 0.007));
    }
  }
}

TEST_CASE("the numbers that a seed has always meant") {
  // A group of one and no correlation leave the draws of independent directions as they are.
  const SuperpositionSettings plain{.n_inputs = 5, .n_true = 20, .n_active = 3, .seed = 8};
  SuperpositionSettings grouped = plain;
  grouped.correlation = 0.9;
  CHECK(Superposition(plain).inputs({0, 100}) == Superposition(grouped).inputs({0, 100}));
  grouped.group_size = 4;
  CHECK(Superposition(plain).inputs({0, 100}) != Superposition(grouped).inputs({0, 100}));
}

TEST_CASE("worlds that cannot be are refused") {
  CHECK_THROWS_WITH(Superposition({.n_inputs = 0}), ContainsSubstring("Superposition n_inputs"));
  CHECK_THROWS_WITH(Superposition({.n_true = 10, .n_active = 5}), ContainsSubstring("Superposition n_active"));
  CHECK_THROWS_WITH(Superposition({.n_active = 0}), ContainsSubstring("Superposition n_active"));
  CHECK_THROWS_WITH(Superposition({.noise = -1}), ContainsSubstring("Superposition noise"));
  CHECK_THROWS_WITH(Superposition({.zipf = -1}), ContainsSubstring("Superposition zipf"));
  CHECK_THROWS_WITH(Superposition({.group_size = 0}), ContainsSubstring("Superposition group_size"));
  CHECK_THROWS_WITH(Superposition({.correlation = 1.5}), ContainsSubstring("Superposition correlation"));
  const Superposition world({.n_inputs = 3, .n_true = 5, .n_active = 1});
  CHECK_THROWS_WITH(world.inputs({5, 4}), ContainsSubstring("Superposition range"));
  CHECK_THROWS_WITH(world.draw({5, 4}), ContainsSubstring("Superposition range"));
  CHECK_THROWS_WITH(world.draw({-5, 4}), ContainsSubstring("Superposition range"));
}

}  // namespace superposition_test
