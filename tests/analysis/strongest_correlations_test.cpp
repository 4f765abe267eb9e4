// SPDX-License-Identifier: MIT
#include <parsae/analysis/strongest_correlations.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace strongest_correlations_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the strongest correlations are those of a plain search") {
  const Matrix<float> latents = test::random_matrix<float>(23, 60, 1);
  const Matrix<float> variables = test::random_matrix<float>(4, 60, 2);
  for (const Similarity kind : {Similarity::Pearson, Similarity::Spearman}) {
    const Matrix<double> all = row_similarities(latents, variables, {.kind = kind});
    const StrongestCorrelations found = strongest_correlations(latents, variables, {.kind = kind, .above = 0.15});
    double mean = 0;
    for (Index v = 0; v < 4; ++v) {
      Index best = 0;
      Index n_above = 0;
      for (Index j = 0; j < 23; ++j) {
        if (std::abs(all(j, v)) > std::abs(all(best, v))) best = j;
        n_above += std::abs(all(j, v)) > 0.15;
      }
      CHECK(found.latent[v] == best);
      CHECK(found.strongest(v) == all(best, v));
      CHECK(found.n_above[v] == n_above);
      CHECK_THAT(found.mean_size(v), test::close_to(all.col(v).cwiseAbs().mean(), 1e-12));
      mean += std::abs(all(best, v)) / 4;
    }
    CHECK_THAT(found.mean_strongest(), test::close_to(mean, 1e-12));
    CHECK(found.max_strongest() == found.strongest.cwiseAbs().maxCoeff());
    CHECK(found.max_strongest() > found.mean_strongest());
  }
}

TEST_CASE("a latent that follows a variable backwards counts with its sign") {
  Matrix<double> latents = test::random_matrix<double>(3, 50, 3);
  const Matrix<double> variable = -latents.row(1);
  const StrongestCorrelations found = strongest_correlations(latents, variable);
  CHECK(found.latent[0] == 1);
  CHECK_THAT(found.strongest(0), test::close_to(-1, 1e-12));
  CHECK(found.n_above[0] == 1);
  CHECK_THAT(found.mean_strongest(), test::close_to(1, 1e-12));
}

TEST_CASE("constant variables are said and counted nowhere; constant latents take no part in means") {
  Matrix<double> latents = test::random_matrix<double>(3, 40, 4);
  latents.row(0).setConstant(0.3);
  Matrix<double> variables = test::random_matrix<double>(2, 40, 5);
  variables.row(0).setConstant(0.1);
  const StrongestCorrelations found = strongest_correlations(latents, variables, {.above = 0});
  CHECK(found.n_constant_variables == 1);
  CHECK(found.n_constant_latents == 1);
  CHECK(std::isnan(found.strongest(0)));
  CHECK(found.latent[0] == -1);
  CHECK(found.n_above[0] == 0);
  CHECK(found.n_above[1] == 2);
  CHECK_THAT(found.mean_strongest(), test::close_to(std::abs(found.strongest(1)), 1e-12));
  CHECK(found.max_strongest() == std::abs(found.strongest(1)));
  const Matrix<double> all = row_similarities(latents, variables);
  CHECK_THAT(found.mean_size(1), test::close_to((std::abs(all(1, 1)) + std::abs(all(2, 1))) / 2, 1e-12));

  const Matrix<double> silent = Matrix<double>::Zero(2, 40);
  const StrongestCorrelations nothing = strongest_correlations(silent, variables);
  CHECK(nothing.latent[1] == -1);
  CHECK(nothing.strongest(1) == 0);
  CHECK(nothing.mean_size(1) == 0);
  CHECK(std::isnan(strongest_correlations(latents, silent).mean_strongest()));
  CHECK(std::isnan(strongest_correlations(latents, silent).max_strongest()));
}

TEST_CASE("questions about correlations that have no answer are refused") {
  const Matrix<double> some = test::random_matrix<double>(2, 5, 6);
  CHECK_THROWS_WITH(strongest_correlations(some, some, {.kind = Similarity::Cosine}),
                    ContainsSubstring("strongest_correlations kind"));
  CHECK_THROWS_WITH(strongest_correlations(some, some, {.above = 2}), ContainsSubstring("above"));
  CHECK_THROWS_WITH(strongest_correlations(Matrix<double>(0, 5), some), ContainsSubstring("latents"));
  CHECK_THROWS_WITH(strongest_correlations(some, Matrix<double>(0, 5)), ContainsSubstring("variables"));
}

}  // namespace strongest_correlations_test
