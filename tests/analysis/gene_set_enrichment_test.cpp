// SPDX-License-Identifier: MIT
#include <parsae/analysis/gene_set_enrichment.hpp>
#include <parsae/data/poisson.hpp>

#include <support/close_to.hpp>

namespace gene_set_enrichment_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Index n_genes = 400;
constexpr Index n_cells = 200;
constexpr Index set_size = 25;

/// Twenty random gene sets, and cells in which a latent raises the genes of set 0 by `factor`.
struct Trial {
  std::vector<GeneSet> sets;
  Matrix<float> expression = Matrix<float>(n_genes, n_cells);
  Vector<float> activation = Vector<float>::Zero(n_cells);

  Trial(std::uint64_t seed, double factor) {
    Buffer<std::uint8_t> is_raised(n_genes, 0);
    for (std::uint64_t s = 0; s < 20; ++s) {
      Buffer<Index> genes(n_genes);
      for (Index g = 0; g < n_genes; ++g) genes[g] = g;
      const Random random(seed, 1000 + s);
      for (Index g = 0; g < set_size; ++g)
        std::swap(genes[g], genes[g + static_cast<Index>(random.below(static_cast<std::uint64_t>(n_genes - g),
                                                                      static_cast<std::uint64_t>(g)))]);
      genes.resize(set_size);
      if (s == 0)
        for (const Index gene : genes) is_raised[gene] = 1;
      sets.push_back({"set " + std::to_string(s), genes});
    }
    const Poisson normal(2);
    const Poisson raised(2 * factor);
    for (Index i = 0; i < n_cells; ++i) {
      const Random random(seed, static_cast<std::uint64_t>(i));
      const bool is_active = i % 5 == 0;
      if (is_active) activation(i) = 1 + static_cast<float>(random.uniform(5000));
      for (Index g = 0; g < n_genes; ++g)
        expression(g, i) = static_cast<float>(
            (is_active && is_raised[g] != 0 ? raised : normal).draw(random.uniform(static_cast<std::uint64_t>(g))));
    }
  }

  [[nodiscard]] std::vector<GeneSetEnrichment> run() const {
    return gene_set_enrichment(DifferentialExpression(expression, activation, {.percentile = 80}), sets);
  }
};

/// What many trials find at a false discovery rate of .05.
struct Tally {
  int n_trials = 0;
  int right = 0;           // trials in which set 0 is found
  double false_share = 0;  // sum over trials of wrong sets among those found

  void add(const std::vector<GeneSetEnrichment>& results, bool by_ranks) {
    const auto is_found = [&](const GeneSetEnrichment& r) {
      return by_ranks ? r.log_rate_ranks <= std::log(0.05) : r.is_enriched(0.05);
    };
    int n_found = 0;
    for (const GeneSetEnrichment& result : results) n_found += is_found(result);
    const bool is_right = is_found(results.front());
    ++n_trials;
    right += is_right;
    if (n_found > 0) false_share += static_cast<double>(n_found - is_right) / n_found;
  }
};

}  // namespace

TEST_CASE("the right set is found in nine trials of ten, and a twentieth of what is found is wrong") {
  Tally hits;
  Tally ranks;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::vector<GeneSetEnrichment> results = Trial(seed, 2.5).run();
    REQUIRE(results.size() == 20);
    hits.add(results, false);
    ranks.add(results, true);
  }
  // A share in [0, 1] of mean .05 has at most the variance .05 * .95.
  const double sampling = 3 * std::sqrt(0.05 * 0.95 / 40);
  for (const Tally& tally : {hits, ranks}) {
    CHECK(tally.right >= 36);
    CHECK(tally.false_share / tally.n_trials <= 0.05 + sampling);
  }
}

TEST_CASE("where the latent raises nothing, a twentieth of the trials finds something") {
  int n_hits = 0;
  int n_ranks = 0;
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    Tally hits;
    Tally ranks;
    const std::vector<GeneSetEnrichment> results = Trial(seed, 1).run();
    hits.add(results, false);
    ranks.add(results, true);
    n_hits += hits.right + static_cast<int>(std::ceil(hits.false_share));
    n_ranks += ranks.right + static_cast<int>(std::ceil(ranks.false_share));
  }
  CHECK(n_hits <= 6);  // 2 expected, standard deviation 1.4
  CHECK(n_ranks <= 6);
}

TEST_CASE("hits, expectations and both tests of a set, from their parts") {
  const Trial trial(3, 3);
  const DifferentialExpression expression(trial.expression, trial.activation, {.percentile = 80});
  const std::vector<GeneSetEnrichment> results = gene_set_enrichment(expression, trial.sets);
  const Index n_differing = expression.differing.size();
  REQUIRE(n_differing > 10);
  Buffer<double> log_p;
  for (std::size_t s = 0; s < results.size(); ++s) {
    const GeneSetEnrichment& result = results[s];
    Index hits = 0;
    for (const Index gene : trial.sets[s].genes)
      hits += std::binary_search(expression.differing.begin(), expression.differing.end(), gene);
    CHECK(result.set == static_cast<Index>(s));
    CHECK(result.size == set_size);
    CHECK(result.hits == hits);
    CHECK_THAT(result.expected_hits, test::close_to(static_cast<double>(n_differing) / 16, 1e-12));
    CHECK(result.log_p_hits == Binomial(n_differing, 1 / 16.0).log_two_sided(hits));
    const MannWhitney ranks(midranks(expression.fold_change.slice()), trial.sets[s].genes.slice());
    CHECK(result.z == ranks.z);
    CHECK(result.log_p_ranks == ranks.log_p);
    log_p.push_back(result.log_p_ranks);
  }
  const Buffer<double> rates = log_false_discovery_rates(log_p.slice());
  for (std::size_t s = 0; s < results.size(); ++s) CHECK(results[s].log_rate_ranks == rates[static_cast<Index>(s)]);
  CHECK(results[0].z > 5);
  CHECK(results[0].is_enriched(1e-6));
}

TEST_CASE("fewer hits than expected are no enrichment, however improbable") {
  GeneSetEnrichment result;
  result.expected_hits = 20;
  result.log_rate_hits = -50;
  CHECK_FALSE(result.is_enriched(0.05));
  result.hits = 40;
  CHECK(result.is_enriched(0.05));
}

TEST_CASE("sets are left out by size; without a test there are no results; bad sets are refused") {
  Trial trial(4, 3);
  const DifferentialExpression expression(trial.expression, trial.activation, {.percentile = 80});
  trial.sets[0].genes.resize(9);
  trial.sets[1].genes.resize(10);
  const std::vector<GeneSetEnrichment> results = gene_set_enrichment(expression, trial.sets);
  REQUIRE(results.size() == 19);
  CHECK(results[0].set == 1);
  CHECK(gene_set_enrichment(expression, trial.sets, {.min_genes = 1, .max_genes = 10}).size() == 2);
  const DifferentialExpression dead(trial.expression, Vector<float>::Zero(n_cells).eval());
  CHECK(gene_set_enrichment(dead, trial.sets).empty());
  CHECK_THROWS_WITH(gene_set_enrichment(expression, trial.sets, {.min_genes = 0}), ContainsSubstring("min_genes"));
  CHECK_THROWS_WITH(gene_set_enrichment(expression, trial.sets, {.max_genes = 5}), ContainsSubstring("max_genes"));
  trial.sets[5].genes[0] = n_genes;
  CHECK_THROWS_WITH(gene_set_enrichment(expression, trial.sets), ContainsSubstring("gene set set 5"));
}

}  // namespace gene_set_enrichment_test
