// SPDX-License-Identifier: MIT
#include <cells/recovery.hpp>
#include <cells/unit_choice.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace cells_unit_choice_test {

using namespace parsae_examples::cells;
using Catch::Matchers::WithinAbs;
using parsae::Buffer;

namespace {

/// Cells of types 0, 1, 2 by turns.
Buffer<Index> labels(Index n) {
  Buffer<Index> label;
  for (Index i = 0; i < n; ++i) label.push_back(i % 3);
  return label;
}

/// Unit 0 is high in type 1, unit 1 low in type 2, unit 2 is noise.
Matrix<double> scores(Index n, std::uint64_t stream) {
  Matrix<double> found = parsae::test::random_matrix<double>(3, n, stream);
  for (Index i = 0; i < n; ++i) {
    found(0, i) += i % 3 == 1 ? 9 : 0;
    found(1, i) -= i % 3 == 2 ? 9 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("unit and sign come from training cells, the area from the others") {
  const auto chosen = choose_units(scores(60, 1), labels(60), scores(90, 2), labels(90), 3, parsae::Threads(2));
  REQUIRE(chosen.size() == 3);
  CHECK(chosen[1].unit == 0);
  CHECK(chosen[1].sign == 1);
  CHECK(chosen[1].auroc_heldout == 1);
  CHECK(chosen[2].unit == 1);
  CHECK(chosen[2].sign == -1);
  CHECK(chosen[2].auroc_heldout == 1);
  CHECK(chosen[0].auroc_heldout < 0.9);

  // What is the best on training cells may be worth nothing on others: nothing is chosen there.
  const auto deceived = choose_units(scores(60, 1), labels(60), parsae::test::random_matrix<double>(3, 900, 5),
                                     labels(900), 3, parsae::Threads(1));
  CHECK(deceived[1].auroc_training == 1);
  CHECK_THAT(deceived[1].auroc_heldout, WithinAbs(0.5, 0.08));

  const auto positive =
      choose_units(scores(60, 1), labels(60), scores(90, 2), labels(90), 3, parsae::Threads(1), Sign::Positive);
  CHECK(positive[2].sign == 1);
  CHECK(positive[2].auroc_training < 0.9);
}

TEST_CASE("types at .95 and .90 and the mean, without types that cannot be judged") {
  std::vector<ChosenUnit> chosen(5);
  chosen[0].auroc_heldout = 0.97;
  chosen[1].auroc_heldout = 0.95;
  chosen[2].auroc_heldout = 0.90;
  chosen[3].auroc_heldout = 0.50;
  const SeparationRow row = separation_row(4, "gene", chosen);
  CHECK(row.split == 4);
  CHECK(row.types_095 == 2);
  CHECK(row.types_090 == 3);
  CHECK_THAT(row.mean_auroc, WithinAbs(0.83, 1e-6));

  const auto absent = choose_units(scores(60, 1), labels(60), scores(90, 2), labels(90), 4, parsae::Threads(1));
  CHECK(absent[3].unit == -1);
  CHECK(std::isnan(absent[3].auroc_heldout));
}

TEST_CASE("recovery by group, over seeds") {
  const Matrix<float> variables = parsae::test::random_matrix<float>(3, 500, 7);
  Matrix<float> knows(2, 500);
  knows << -variables.row(0), variables.row(1);
  const Matrix<float> dead = Matrix<float>::Zero(2, 500);
  const parsae::Threads threads(1);
  const std::vector<RecoveryMeasures> seeds{measure_recovery(knows, variables, threads),
                                            measure_recovery(dead, variables, threads)};
  const auto rows = recovery_rows({.type = "top_k", .width = 2}, {{"pair", 0, 2}, {"last", 2, 1}}, seeds);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].variable == "pair");
  CHECK_THAT(rows[0].mean_max_corr, WithinAbs(0.5, 1e-6));  // 1 for the first seed, 0 for the second
  CHECK_THAT(rows[0].max_corr, WithinAbs(0.5, 1e-6));
  CHECK(rows[0].lowest == 0);
  CHECK_THAT(rows[0].highest, WithinAbs(1, 1e-6));
  CHECK_THAT(rows[0].n_above_95, WithinAbs(0.5, 1e-6));
  CHECK_THAT(rows[0].dead_fraction, WithinAbs(0.5, 1e-6));
  CHECK(rows[0].n_seeds == 2);
  CHECK(rows[1].mean_max_corr < 0.2);
}

TEST_CASE("recovery tells the best variable of a group from their mean, ranks from values, and twins") {
  const Matrix<float> variables = parsae::test::random_matrix<float>(2, 800, 7);
  Matrix<float> codes = parsae::test::random_matrix<float>(3, 800, 8).cwiseAbs();
  codes.row(0) = (2 * variables.row(0).array()).exp();  // of the same ranks
  codes.row(1) = 2 * codes.row(0);
  const Eigen::RowVectorXd variable = variables.row(0).cast<double>().array() - variables.row(0).cast<double>().mean();
  const Eigen::RowVectorXd latent = codes.row(0).cast<double>().array() - codes.row(0).cast<double>().mean();
  const double correlation = variable.dot(latent) / (variable.norm() * latent.norm());
  const auto rows =
      recovery_rows({.type = "top_k"}, {{"both", 0, 2}}, {measure_recovery(codes, variables, parsae::Threads(1))});
  REQUIRE(rows.size() == 1);
  CHECK_THAT(rows[0].max_corr, WithinAbs(correlation, 1e-5));
  CHECK_THAT(rows[0].mean_max_corr, WithinAbs(correlation / 2, 0.06));
  CHECK_THAT(rows[0].mean_max_spearman, WithinAbs(0.5, 0.06));
  CHECK(rows[0].mean_max_spearman > rows[0].mean_max_corr + 0.1);
  CHECK_THAT(rows[0].redundant_fraction, WithinAbs(2.0 / 3, 1e-12));
  CHECK(rows[0].dead_fraction == 0);
}

TEST_CASE("every seed is measured in its place, and what one throws comes out of the parallel loop") {
  const auto measure = [](std::size_t at) {
    RecoveryMeasures measures;
    measures.redundancy.n_latents = static_cast<Index>(at);
    return measures;
  };
  for (const int threads : {1, 3}) {
    const auto measures = measure_seeds(7, parsae::Threads(threads), measure);
    REQUIRE(measures.size() == 7);
    for (std::size_t at = 0; at < 7; ++at) CHECK(measures[at].redundancy.n_latents == static_cast<Index>(at));
    const auto fails = [&](std::size_t at) {
      if (at == 4) throw std::runtime_error("the fifth");
      return measure(at);
    };
    CHECK_THROWS_WITH(measure_seeds(7, parsae::Threads(threads), fails), "the fifth");
  }
}

}  // namespace cells_unit_choice_test
