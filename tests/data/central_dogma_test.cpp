// SPDX-License-Identifier: MIT
#include <parsae/data/central_dogma.hpp>

#include <support/close_to.hpp>

namespace central_dogma_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("RNA is regulation times factors, and factors are the activity where accessible, exactly") {
  const CentralDogmaSettings settings{.seed = 3};
  const CentralDogmaSamples cells = CentralDogma(settings).draw({0, 500});
  REQUIRE(cells.rna.rows() == 5);
  REQUIRE(cells.rna.cols() == 500);
  for (Index i = 0; i < 500; ++i) {
    for (Index f = 0; f < 3; ++f) {
      REQUIRE((cells.accessible(f, i) == 0 || cells.accessible(f, i) == 1));
      REQUIRE(cells.factors(f, i) == cells.activity(0, i) * cells.accessible(f, i));
    }
    // The paper's regulation, written out.
    REQUIRE(cells.rna(0, i) == cells.factors(1, i));
    REQUIRE(cells.rna(1, i) == cells.factors(0, i) + cells.factors(1, i));
    REQUIRE(cells.rna(2, i) == cells.factors(0, i));
    REQUIRE(cells.rna(3, i) == cells.factors(1, i) + cells.factors(2, i));
    REQUIRE(cells.rna(4, i) == cells.factors(2, i));
  }
}

TEST_CASE("activity and accessibility have their laws, and nothing to do with each other") {
  const Index n = 50'000;
  const CentralDogmaSamples cells = CentralDogma({.seed = 1}).draw({0, n});
  const Matrix<double> activity = cells.activity.cast<double>();
  const double mean = activity.mean();
  CHECK_THAT(mean, WithinAbs(2, 0.032));                                       // 5 sqrt(2 / n)
  CHECK_THAT((activity.array() - mean).square().mean(), WithinAbs(2, 0.071));  // 5 sqrt((2 + 2 * 4) / n)
  const double p[] = {0.5, 0.1, 0.9};
  for (Index f = 0; f < 3; ++f) {
    const Matrix<double> open = cells.accessible.row(f).cast<double>();
    CHECK_THAT(open.mean(), WithinAbs(p[f], 0.012));
    const double covariance = ((activity.array() - mean) * (open.array() - open.mean())).mean();
    CHECK_THAT(covariance, WithinAbs(0, 0.016));
  }
  // P(Y = 0) = e^-2 + (1 - e^-2) (.5) (.9) (.1) = .1743
  Index n_silent = 0;
  for (Index i = 0; i < n; ++i) n_silent += cells.rna.col(i).isZero();
  CHECK_THAT(static_cast<double>(n_silent) / static_cast<double>(n), WithinAbs(0.1743, 0.009));
}

TEST_CASE("a cell is the same in any range and for any number of threads; seeds differ") {
  const CentralDogma world({.seed = 5});
  const CentralDogmaSamples all = world.draw({0, 3000}, Threads(1));
  const CentralDogmaSamples threaded = world.draw({0, 3000}, Threads(3));
  const CentralDogmaSamples part = world.draw({1017, 2100}, Threads(2));
  CHECK(all.rna == threaded.rna);
  CHECK(all.rna.middleCols(1017, 1083) == part.rna);
  CHECK(all.factors.middleCols(1017, 1083) == part.factors);
  CHECK(all.accessible.middleCols(1017, 1083) == part.accessible);
  CHECK(all.activity.middleCols(1017, 1083) == part.activity);
  CHECK(all.rna != CentralDogma({.seed = 6}).draw({0, 3000}).rna);
  CHECK(world.draw({7, 7}).rna.cols() == 0);
}

TEST_CASE("another regulation, and what is none") {
  CentralDogmaSettings settings;
  settings.accessibility = Vector<double>::Ones(2);
  settings.regulation = Matrix<double>::Constant(2, 1, 0.25);
  const CentralDogmaSamples cells = CentralDogma(settings).draw({0, 20});
  CHECK(cells.rna == (0.5f * cells.activity).eval());

  settings.regulation = Matrix<double>::Ones(3, 1);
  CHECK_THROWS_WITH(CentralDogma(settings), ContainsSubstring("CentralDogma regulation: expected a 2 x 1"));
  settings.regulation = Matrix<double>::Ones(2, 0);
  CHECK_THROWS_WITH(CentralDogma(settings), ContainsSubstring("CentralDogma genes"));
  settings.regulation = Matrix<double>::Constant(2, 1, std::nan(""));
  CHECK_THROWS_WITH(CentralDogma(settings), ContainsSubstring("CentralDogma regulation: expected finite"));
  settings.regulation = Matrix<double>::Ones(2, 1);
  settings.accessibility(1) = 1.5;
  CHECK_THROWS_WITH(CentralDogma(settings), ContainsSubstring("CentralDogma accessibility"));
  settings.accessibility.resize(0);
  CHECK_THROWS_WITH(CentralDogma(settings), ContainsSubstring("CentralDogma factors"));
  CHECK_THROWS_WITH(CentralDogma({.mean_activity = -1}), ContainsSubstring("Poisson mean"));
  CHECK_THROWS_WITH(CentralDogma().draw({-1, 3}), ContainsSubstring("CentralDogma range"));
  CHECK_THROWS_WITH(CentralDogma().draw({4, 3}), ContainsSubstring("CentralDogma range"));
}

}  // namespace central_dogma_test
