// SPDX-License-Identifier: MIT
#include <parsae/analysis/structure_identification.hpp>
#include <parsae/data/hierarchical_cells.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace structure_identification_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

struct Truth {
  Matrix<float> observed;
  Matrix<float> causes;
  Matrix<float> structure;
};

/// Three causes, each on four of twelve observed variables of its own, active one at a time.
Truth separate_causes() {
  Truth truth{Matrix<float>::Zero(12, 90), Matrix<float>::Zero(3, 90), Matrix<float>::Zero(12, 3)};
  for (Index i = 0; i < 90; ++i) truth.causes(i % 3, i) = 1 + static_cast<float>(i % 7);
  for (Index y = 0; y < 12; ++y) truth.structure(y, y / 4) = 1;
  truth.observed = truth.structure * truth.causes;
  return truth;
}

}  // namespace

TEST_CASE("latents that are the causes find them, and nothing else, where the threshold is right") {
  const Truth truth = separate_causes();
  // A third of the cosines is 1, the rest 0.
  const auto levels =
      structure_identification(truth.causes, truth.observed, truth.structure, {.percentiles = {10, 67}});
  REQUIRE(levels.size() == 2);
  CHECK(levels[1].percentile == 67);
  CHECK_THAT(levels[1].threshold, WithinAbs(0.45, 1e-6));  // place 23.45 of 36, of which the first 24 are 0
  CHECK(levels[1].n_found == 3);
  CHECK(levels[1].n_significant == 3);  // P(K >= 4), 4 trials at 1/3, is 1/81; three latents leave .05 / 3
  CHECK(levels[1].mean_coverage == 1);
  CHECK(levels[1].mean_precision == 1);
  CHECK(levels[1].mean_jaccard == 1);
  CHECK(levels[1].best_jaccard == 1);
  CHECK(levels[0].threshold == 0);
  // At the low threshold everything is connected: covered, but with a precision of one third. All causes share as much,
  // so that every latent stands for the first.
  CHECK(levels[0].n_found == 1);
  CHECK(levels[0].mean_coverage == 1);
  CHECK_THAT(levels[0].mean_precision, test::close_to(1 / 3.0, 1e-12));
  CHECK_THAT(levels[0].mean_jaccard, test::close_to(1 / 3.0, 1e-12));
  CHECK_THAT(levels[0].best_jaccard, test::close_to(1 / 3.0, 1e-12));
  CHECK(levels[0].n_significant == 0);
}

TEST_CASE("precision, coverage and Jaccard index: worked numbers") {
  // Latent 0 is one half of cause 0: connected to observed variables 0 to 2 by way of them being alike.
  Matrix<float> observed = Matrix<float>::Zero(6, 6);
  Matrix<float> latents = Matrix<float>::Zero(2, 6);
  Matrix<float> structure = Matrix<float>::Zero(6, 2);
  for (Index y = 0; y < 6; ++y) observed(y, y) = 1;
  latents.row(0) << 1, 1, 1, 0, 0, 0;  // cosines 1/sqrt(3) with 0, 1, 2
  latents.row(1) << 0, 0, 0, 0, 1, 1;  // cosines 1/sqrt(2) with 4, 5
  for (const Index y : {0, 1, 3, 4}) structure(y, 0) = 1;
  for (const Index y : {4, 5}) structure(y, 1) = 1;
  // Of 12 cosines 7 are 0: above the 70th percentile are the five others.
  const StructureLevel level = structure_identification(latents, observed, structure, {.percentiles = {70}}).front();
  CHECK(level.threshold > 0.5);
  CHECK(level.n_found == 2);
  CHECK_THAT(level.mean_coverage, test::close_to((2 / 4.0 + 1) / 2, 1e-12));
  CHECK_THAT(level.mean_precision, test::close_to((2 / 3.0 + 1) / 2, 1e-12));
  CHECK_THAT(level.mean_jaccard, test::close_to((2 / 5.0 + 1) / 2, 1e-12));
  CHECK_THAT(level.best_jaccard, test::close_to((2 / 5.0 + 1) / 2, 1e-12));
  // P(K >= 2), 2 trials at 1/3, is 1/9; P(K >= 2), 3 trials at 2/3, is 20/27. Two latents halve the bound.
  const auto n_significant = [&](double significance) {
    return structure_identification(latents, observed, structure, {.percentiles = {70}, .significance = significance})
        .front()
        .n_significant;
  };
  CHECK(n_significant(2 / 9.0 - 0.01) == 0);
  CHECK(n_significant(2 / 9.0 + 0.01) == 1);
}

TEST_CASE("several latents of one cause: the largest coverage, and precision where the Jaccard index is largest") {
  Matrix<float> observed = Matrix<float>::Identity(5, 5);
  Matrix<float> latents(2, 5);
  latents << 1, 1, 1, 1, 1,  // all five: coverage 1, Jaccard 3/5
      1, 1, 0, 0, 0;         // two of three: coverage 2/3, precision 1, Jaccard 2/3
  Matrix<float> structure(5, 2);
  structure << 1, 0, 1, 0, 1, 0, 0, 0, 0, 0;
  const StructureLevel level = structure_identification(latents, observed, structure, {.percentiles = {35}}).front();
  CHECK(level.threshold > 0.4);
  CHECK(level.n_found == 1);
  CHECK(level.mean_coverage == 1);
  CHECK(level.mean_precision == 1);
  CHECK_THAT(level.mean_jaccard, test::close_to(2 / 3.0, 1e-12));
  CHECK_THAT(level.best_jaccard, test::close_to(1 / 3.0, 1e-12));  // the second cause acts on nothing
}

TEST_CASE("the programs of simulated cells are found from the programs, and by chance from noise") {
  const HierarchicalCells world({.n_genes = 200, .n_programs = 10, .n_types = 6, .seed = 1});
  const HierarchicalCellsSamples cells = world.draw({0, 500});
  const Matrix<float> noise = test::random_matrix<float>(10, 500, 1).cwiseAbs();
  const auto of_truth = structure_identification(cells.typed_programs, cells.expression, world.connectivity());
  const auto of_noise = structure_identification(noise, cells.expression, world.connectivity());
  REQUIRE(of_truth.size() == 12);
  double best_truth = 0;
  double best_noise = 0;
  for (std::size_t q = 0; q < 12; ++q) {
    best_truth = std::max(best_truth, of_truth[q].best_jaccard);
    best_noise = std::max(best_noise, of_noise[q].best_jaccard);
  }
  CHECK(of_truth[9].n_significant >= 6);
  CHECK(of_noise[9].n_significant <= 4);  // not none: see StructureLevel
  CHECK(best_truth > 2 * best_noise);
  // What the coverage alone hides: at the first percentile noise covers all it finds.
  CHECK(of_noise[0].mean_coverage > 0.9);
  CHECK(of_noise[0].mean_jaccard < 0.25);
}

TEST_CASE("structure identification has the same bits for any number of threads") {
  const Matrix<float> latents = test::random_matrix<float>(20, 60, 2);
  const Matrix<float> observed = test::random_matrix<float>(30, 60, 3);
  const Matrix<float> structure = (test::random_matrix<float>(30, 8, 4).array() > 0.5f).cast<float>();
  const auto one = structure_identification(latents, observed, structure, {.threads = Threads(1)});
  const auto many = structure_identification(latents, observed, structure, {.threads = Threads(3)});
  for (std::size_t q = 0; q < one.size(); ++q) {
    CHECK(one[q].threshold == many[q].threshold);
    CHECK(one[q].n_found == many[q].n_found);
    CHECK(one[q].mean_jaccard == many[q].mean_jaccard);
    CHECK(one[q].best_jaccard == many[q].best_jaccard);
  }
}

TEST_CASE("structures that do not fit are refused") {
  const Matrix<float> some = Matrix<float>::Ones(3, 4);
  const Matrix<float> structure = Matrix<float>::Ones(3, 2);
  CHECK_THROWS_WITH(structure_identification(Matrix<float>(0, 4), some, structure), ContainsSubstring("latents"));
  CHECK_THROWS_WITH(structure_identification(some, Matrix<float>(0, 4), structure), ContainsSubstring("observed"));
  CHECK_THROWS_WITH(structure_identification(some, some, Matrix<float>(3, 0)), ContainsSubstring("causes"));
  CHECK_THROWS_WITH(structure_identification(some, some, Matrix<float>::Ones(4, 2).eval()),
                    ContainsSubstring("structure_identification structure"));
  CHECK_THROWS_WITH(structure_identification(some, some, structure, {.percentiles = {101}}),
                    ContainsSubstring("percentile"));
  CHECK_THROWS_WITH(structure_identification(some, some, structure, {.significance = 2}),
                    ContainsSubstring("significance"));
}

}  // namespace structure_identification_test
