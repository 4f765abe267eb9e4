// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/binomial.hpp>
#include <parsae/analysis/differential_expression.hpp>
#include <parsae/analysis/gene_set.hpp>
#include <parsae/analysis/mann_whitney.hpp>

#include <cmath>
#include <vector>

namespace parsae::inline PARSAE_ABI {

struct GeneSetEnrichmentSettings {
  Index min_genes = 10;   ///< smaller sets are left out, >= 1
  Index max_genes = 500;  ///< larger ones, too, >= min_genes
};

/// What the genes of a set have to do with a latent. Two tests, each adjusted over all sets that were asked about:
///
/// - binomial, two-sided: of the genes that differ, how many are in the set, against a share of |set| / n_genes
/// - Mann and Whitney, two-sided: are the fold changes of the set's genes larger or smaller than those of the others?
struct GeneSetEnrichment {
  Index set = 0;              ///< its place among the sets
  Index size = 0;             ///< its genes
  Index hits = 0;             ///< those that differ
  double expected_hits = 0;   ///< n_differing |set| / n_genes
  double log_p_hits = 0;      ///< of the binomial test
  double log_rate_hits = 0;   ///< the same, adjusted
  double z = 0;               ///< of the ranks; above 0: higher where the latent is active
  double log_p_ranks = 0;     ///< of the test of Mann and Whitney
  double log_rate_ranks = 0;  ///< the same, adjusted

  /// More hits than expected, at a false discovery rate of at most `rate`.
  [[nodiscard]] bool is_enriched(double rate) const {
    return static_cast<double>(hits) > expected_hits && log_rate_hits <= std::log(rate);
  }
};

/// One result for each set of min_genes to max_genes genes, in the order of the sets; none where the latent could not
/// be tested.
[[nodiscard]] inline std::vector<GeneSetEnrichment> gene_set_enrichment(
    const DifferentialExpression& expression, const std::vector<GeneSet>& sets,
    const GeneSetEnrichmentSettings& settings = {}) {
  require_at_least("gene_set_enrichment min_genes", settings.min_genes, Index{1});
  require_at_least("gene_set_enrichment max_genes", settings.max_genes, settings.min_genes);
  std::vector<GeneSetEnrichment> results;
  if (!expression.was_tested()) return results;

  Buffer<std::uint8_t> differs(expression.n_genes(), 0);
  for (const Index gene : expression.differing) differs[gene] = 1;
  const Midranks ranked = midranks(expression.fold_change.slice());
  Buffer<double> log_p_hits;
  Buffer<double> log_p_ranks;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const Buffer<Index>& genes = sets[s].genes;
    require_genes(sets[s], expression.n_genes());
    if (genes.size() < settings.min_genes || genes.size() > settings.max_genes) continue;
    GeneSetEnrichment result;
    result.set = static_cast<Index>(s);
    result.size = genes.size();
    for (const Index gene : genes) result.hits += differs[gene];
    const Index n_differing = expression.differing.size();
    const double share = static_cast<double>(genes.size()) / static_cast<double>(expression.n_genes());
    result.expected_hits = share * static_cast<double>(n_differing);
    result.log_p_hits = Binomial(n_differing, share).log_two_sided(result.hits);
    const MannWhitney ranks(ranked, genes.slice());
    result.z = ranks.z;
    result.log_p_ranks = ranks.log_p;
    log_p_hits.push_back(result.log_p_hits);
    log_p_ranks.push_back(result.log_p_ranks);
    results.push_back(result);
  }
  const Buffer<double> rates_hits = log_false_discovery_rates(log_p_hits.slice());
  const Buffer<double> rates_ranks = log_false_discovery_rates(log_p_ranks.slice());
  for (std::size_t r = 0; r < results.size(); ++r) {
    results[r].log_rate_hits = rates_hits[static_cast<Index>(r)];
    results[r].log_rate_ranks = rates_ranks[static_cast<Index>(r)];
  }
  return results;
}

}  // namespace parsae::inline PARSAE_ABI
