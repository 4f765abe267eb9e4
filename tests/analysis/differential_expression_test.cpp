// SPDX-License-Identifier: MIT
#include <parsae/analysis/differential_expression.hpp>
#include <parsae/data/poisson.hpp>

#include <support/close_to.hpp>

namespace differential_expression_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// 50 genes, 400 cells; the latent is active in every eighth cell, where gene 3 is three times and gene 4 a fifth of
/// what it is elsewhere.
struct Simulated {
  Matrix<float> expression = Matrix<float>(50, 400);
  Vector<float> activation = Vector<float>::Zero(400);

  Simulated() {
    const Poisson rates[] = {Poisson(5), Poisson(15), Poisson(1)};
    for (Index i = 0; i < 400; ++i) {
      const Random random(1, static_cast<std::uint64_t>(i));
      if (i % 8 == 0) activation(i) = 1 + static_cast<float>(random.uniform(1000));
      for (Index g = 0; g < 50; ++g) {
        const std::size_t rate = i % 8 != 0 || g < 3 || g > 4 ? 0 : g == 3 ? 1 : 2;
        expression(g, i) = static_cast<float>(rates[rate].draw(random.uniform(static_cast<std::uint64_t>(g))));
      }
    }
  }
};

}  // namespace

TEST_CASE("the genes that differ are found, with both directions, and no others") {
  const Simulated world;
  const DifferentialExpression found(world.expression, world.activation, {.percentile = 90});
  REQUIRE(found.was_tested());
  CHECK(found.n_genes() == 50);
  REQUIRE(found.differing.size() == 2);
  CHECK(found.differing[0] == 3);
  CHECK(found.differing[1] == 4);
  CHECK(found.rate == 1e-5);
  CHECK_THAT(found.fold_change[3], Catch::Matchers::WithinAbs(3, 0.4));
  CHECK_THAT(found.fold_change[4], Catch::Matchers::WithinAbs(0.2, 0.1));
}

TEST_CASE("each gene is tested between the cells above the percentile and the inactive ones") {
  const Simulated world;
  const DifferentialExpression found(world.expression, world.activation, {.percentile = 95});
  Buffer<double> values;
  for (const float value : world.activation) values.push_back(static_cast<double>(value));
  const double bound = quantile(values, 0.95);
  Index n_positive = 0;
  for (Index i = 0; i < 400; ++i) n_positive += values[i] > bound;
  CHECK(found.positives.size() == n_positive);
  CHECK(n_positive == 20);
  for (const Index i : found.positives) CHECK(values[i] > bound);
  CHECK(found.negatives.size() == 350);
  for (const Index i : found.negatives) CHECK(values[i] == 0);

  const RowMoments a = row_moments(world.expression, found.positives.slice());
  const RowMoments b = row_moments(world.expression, found.negatives.slice());
  for (Index g = 0; g < 50; ++g) {
    const WelchTest test({20, a.mean(g), a.squares(g)}, {350, b.mean(g), b.squares(g)});
    CHECK(found.log_p[g] == test.log_p);
    CHECK(found.fold_change[g] == a.mean(g) / b.mean(g));
  }
  const Buffer<double> rates = log_false_discovery_rates(found.log_p.slice());
  CHECK(found.log_rate == rates);
}

TEST_CASE("whether genes differ may be told by logarithms, and by how much by the rates themselves") {
  const Simulated world;
  const Matrix<double> logs = (world.expression.array().cast<double>() + 1).log() - 1;  // some means are negative
  const DifferentialExpression found(logs, world.expression, world.activation, {.percentile = 90, .fold_change = 2.5});
  const DifferentialExpression of_rates(world.expression, world.activation, {.percentile = 90});
  REQUIRE(found.was_tested());
  const RowMoments a = row_moments(logs, found.positives.slice());
  const RowMoments b = row_moments(logs, found.negatives.slice());
  for (Index g = 0; g < 50; ++g) {
    const WelchTest test({a.n_samples, a.mean(g), a.squares(g)}, {b.n_samples, b.mean(g), b.squares(g)});
    CHECK(found.log_p[g] == test.log_p);
  }
  CHECK(found.fold_change == of_rates.fold_change);
  REQUIRE(found.differing.size() == 2);
  CHECK(found.differing[0] == 3);

  const Matrix<float> narrow = world.expression.leftCols(399);
  CHECK_THROWS_WITH(DifferentialExpression(logs, narrow, world.activation),
                    ContainsSubstring("DifferentialExpression rates"));
  CHECK_THROWS_WITH(DifferentialExpression(world.expression, logs, world.activation, {.percentile = 90}),
                    ContainsSubstring("no negative mean"));
}

TEST_CASE("of many inactive cells some are drawn, by the seed") {
  const Simulated world;
  const auto negatives = [&](std::uint64_t seed) {
    return DifferentialExpression(world.expression, world.activation,
                                  {.percentile = 90, .max_negatives = 100, .seed = seed})
        .negatives;
  };
  const Buffer<Index> drawn = negatives(1);
  CHECK(drawn.size() == 100);
  CHECK(std::is_sorted(drawn.begin(), drawn.end()));
  CHECK(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());
  for (const Index i : drawn) CHECK(i % 8 != 0);
  CHECK(drawn == negatives(1));
  CHECK(!(drawn == negatives(2)));
  CHECK(drawn.back() > 300);
}

TEST_CASE("where no gene is below the strict rate, the lenient one is asked") {
  const Simulated world;
  const DifferentialExpression none(world.expression, world.activation, {.percentile = 90, .strict_rate = 1e-300});
  CHECK(none.rate == 0.05);
  CHECK(none.differing.size() == 2);
  const DifferentialExpression large(world.expression, world.activation, {.percentile = 90, .fold_change = 4});
  REQUIRE(large.differing.size() == 1);
  CHECK(large.differing[0] == 4);
  CHECK(DifferentialExpression(world.expression, world.activation, {.fold_change = 20}).differing.empty());
}

TEST_CASE("a latent that is never or almost never active is not tested; silent genes have a fold change of 1") {
  const Simulated world;
  const DifferentialExpression dead(world.expression, Vector<float>::Zero(400).eval());
  CHECK_FALSE(dead.was_tested());
  CHECK(dead.n_genes() == 0);
  CHECK(dead.differing.empty());
  Vector<float> once = Vector<float>::Zero(400);
  once(7) = 1;
  CHECK_FALSE(DifferentialExpression(world.expression, once).was_tested());
  CHECK_FALSE(DifferentialExpression(world.expression, Vector<float>::LinSpaced(400, 1, 2).eval()).was_tested());

  Matrix<float> expression = world.expression;
  expression.row(0).setZero();
  for (Index i = 0; i < 400; ++i) expression(1, i) = world.activation(i) > 0 ? 2.0f : 0.0f;
  const DifferentialExpression found(expression, world.activation, {.percentile = 90});
  CHECK(found.fold_change[0] == 1);
  CHECK(found.log_p[0] == 0);
  CHECK(std::isinf(found.fold_change[1]));
  CHECK(found.log_p[1] == -INFINITY);
  CHECK(found.differing[0] == 1);
}

TEST_CASE("expression that is no count, and cells that do not match, are refused") {
  Simulated world;
  const auto run = [&](const DifferentialExpressionSettings& settings = {}) {
    return DifferentialExpression(world.expression, world.activation, settings);
  };
  CHECK_THROWS_WITH(run({.percentile = 101}), ContainsSubstring("percentile"));
  CHECK_THROWS_WITH(run({.max_negatives = 1}), ContainsSubstring("max_negatives"));
  CHECK_THROWS_WITH(run({.strict_rate = -1}), ContainsSubstring("strict_rate"));
  CHECK_THROWS_WITH(run({.lenient_rate = 2}), ContainsSubstring("lenient_rate"));
  CHECK_THROWS_WITH(run({.fold_change = 0.5}), ContainsSubstring("fold_change"));
  world.expression.row(2).array() -= 100;
  CHECK_THROWS_WITH(run(), ContainsSubstring("DifferentialExpression expression: expected counts or rates"));
  world.expression(0, 0) = std::nanf("");
  CHECK_THROWS_WITH(run(), ContainsSubstring("DifferentialExpression expression: expected finite"));
  world.activation(0) = std::nanf("");
  CHECK_THROWS_WITH(run(), ContainsSubstring("DifferentialExpression activation: expected finite"));
  world.activation.conservativeResize(399);
  CHECK_THROWS_WITH(run(), ContainsSubstring("DifferentialExpression activation: expected a 400 x 1"));
}

}  // namespace differential_expression_test
