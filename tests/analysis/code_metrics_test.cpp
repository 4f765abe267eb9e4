// SPDX-License-Identifier: MIT
#include <parsae/analysis/code_metrics.hpp>

#include <analysis/code_fixture.hpp>
#include <support/close_to.hpp>

namespace code_metrics_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("L0, density and dead fraction count values other than zero, not stored entries") {
  CodeMetrics metrics(4);
  metrics.add(test::code_from({{{0, 1.5}, {2, 0.0}}, {{0, 0.25}, {1, 3.0}}, {}, {{2, 0.0}}}));
  CHECK(metrics.n_samples() == 4);
  CHECK(metrics.n_latents() == 4);
  CHECK(metrics.l0() == 0.75);
  CHECK(metrics.density(0) == 0.5);
  CHECK(metrics.density(1) == 0.25);
  CHECK(metrics.density(2) == 0);
  CHECK(metrics.dead_fraction() == 0.5);
}

TEST_CASE("the dead fraction is that of all samples seen: it falls, and n_samples says over how many") {
  CodeMetrics metrics(4);
  metrics.add(test::code_from({{{3, 1.0}}}));
  CHECK(metrics.dead_fraction() == 0.75);
  CHECK(metrics.n_samples() == 1);
  metrics.add(test::code_from({{{0, 1.0}}, {{1, 1.0}}}));
  CHECK(metrics.dead_fraction() == 0.25);
  CHECK(metrics.n_samples() == 3);
  metrics.add(test::code_from({}));
  CHECK(metrics.dead_fraction() == 0.25);
  CHECK(metrics.n_samples() == 3);
}

TEST_CASE("metrics of codes agree with a dense count, in pieces and at once") {
  const auto code = test::random_code<float>(13, 50, 1);
  REQUIRE(code.active_count() < code.stored());
  const Matrix<double> values = test::dense(code, 13);
  CodeMetrics at_once(13);
  at_once.add(code);
  CodeMetrics in_pieces(13);
  for (Index i = 49; i >= 0; --i) in_pieces.add(test::picked(code, {i}));
  for (const CodeMetrics* metrics : {&at_once, &in_pieces}) {
    CHECK(metrics->n_samples() == 50);
    CHECK_THAT(metrics->l0(), test::close_to(static_cast<double>((values.array() != 0).count()) / 50, 1e-14));
    Index dead = 0;
    for (Index j = 0; j < 13; ++j) {
      const Index active = (values.row(j).array() != 0).count();
      CHECK_THAT(metrics->density(j), test::close_to(static_cast<double>(active) / 50, 1e-14));
      dead += active == 0;
    }
    CHECK_THAT(metrics->dead_fraction(), test::close_to(static_cast<double>(dead) / 13, 1e-14));
  }
}

TEST_CASE("a code that does not belong to the metrics is refused") {
  CHECK_THROWS_WITH(CodeMetrics(0), ContainsSubstring("CodeMetrics n_latents: expected at least 1, got 0"));
  CodeMetrics metrics(3);
  CHECK_THROWS_WITH(metrics.add(test::code_from({{{1, 1.0}, {3, 1.0}}})),
                    ContainsSubstring("CodeMetrics latent: expected a value from 0 to 2, got 3"));
  CHECK(metrics.n_samples() == 0);
}

}  // namespace code_metrics_test
