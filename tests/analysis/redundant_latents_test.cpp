// SPDX-License-Identifier: MIT
#include <parsae/analysis/redundant_latents.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace redundant_latents_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("no latent is redundant with itself, and copies are") {
  Matrix<double> latents = test::random_matrix<double>(6, 100, 1);
  const RedundantLatents alone = redundant_latents(latents);
  CHECK(alone.n_active == 6);
  CHECK(alone.n_pairs == 0);
  CHECK(alone.n_redundant == 0);
  CHECK(alone.redundant_fraction() == 0);

  latents.row(3) = 2 * latents.row(0).array() + 1;
  latents.row(5) = latents.row(0);
  latents.row(4) = -latents.row(1);  // the other way round is not the same
  const RedundantLatents copies = redundant_latents(latents);
  CHECK(copies.n_pairs == 3);
  CHECK(copies.n_redundant == 3);
  CHECK(copies.redundant_fraction() == 0.5);
  CHECK(copies.dead_fraction() == 0);
}

TEST_CASE("pairs and redundant latents against a double loop, over several blocks") {
  // Rows are noisy copies of one of 20 signals.
  const Matrix<double> signals = test::random_matrix<double>(20, 80, 2);
  Matrix<float> latents = 0.5 * test::random_matrix<float>(53, 80, 3);
  for (Index j = 0; j < 53; ++j) latents.row(j) += signals.row((j * j) % 20).cast<float>();
  latents.row(17).setConstant(-1);  // dead
  const Matrix<double> all = row_similarities(latents, latents);
  Index n_pairs = 0;
  Index n_redundant = 0;
  for (Index i = 0; i < 53; ++i) {
    bool has_other = false;
    for (Index j = 0; j < 53; ++j) {
      const bool is_pair = i != j && i != 17 && j != 17 && all(i, j) > 0.8;
      has_other = has_other || is_pair;
      n_pairs += is_pair && i < j;
    }
    n_redundant += has_other;
  }
  for (const int threads : {1, 3}) {
    const RedundantLatents found = redundant_latents(latents, {.above = 0.8, .threads = Threads(threads)});
    CHECK(found.n_latents == 53);
    CHECK(found.n_active == 52);
    CHECK(found.n_pairs == n_pairs);
    CHECK(found.n_redundant == n_redundant);
    CHECK_THAT(found.dead_fraction(), test::close_to(1.0 / 53, 1e-12));
  }
  CHECK(n_pairs > 20);
  CHECK(n_redundant < 52);
}

TEST_CASE("a latent is dead that never exceeds the bound") {
  Matrix<float> latents = Matrix<float>::Zero(3, 10);
  latents(1, 4) = 1e-12f;
  latents(2, 4) = 1e-3f;
  CHECK(redundant_latents(latents).n_active == 1);
  CHECK(redundant_latents(latents, {.active_above = 0}).n_active == 2);
  CHECK(redundant_latents(latents, {.active_above = 1}).dead_fraction() == 1);
  CHECK(redundant_latents(latents, {.active_above = 1}).redundant_fraction() == 0);
  CHECK(redundant_latents(Matrix<float>(0, 10)).dead_fraction() == 0);
}

TEST_CASE("redundancy of what cannot be compared is refused") {
  Matrix<float> latents = Matrix<float>::Ones(2, 3);
  CHECK_THROWS_WITH(redundant_latents(latents, {.above = 1.1}), ContainsSubstring("redundant_latents above"));
  CHECK_THROWS_WITH(redundant_latents(latents, {.active_above = -1}), ContainsSubstring("active_above"));
  latents(0, 0) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(redundant_latents(latents), ContainsSubstring("redundant_latents latents: expected finite"));
}

}  // namespace redundant_latents_test
