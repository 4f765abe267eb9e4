// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/binomial.hpp>
#include <parsae/analysis/quantile.hpp>
#include <parsae/analysis/row_similarities.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace parsae::inline PARSAE_ABI {

struct StructureSettings {
  /// Of all cosines between a latent and an observed variable; at and above it they count as connected. Each 0 to 100.
  std::vector<double> percentiles = {1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99};
  double significance = 0.05;  ///< for n_significant, corrected for the number of latents; 0 to 1
  Threads threads = Threads::available();
};

/// How well the connections of latents to observed variables tell those of the causes behind them, at one threshold.
///
/// A latent stands for the cause with which it shares most connections (the lower of equal ones; for none, if it shares
/// none). Coverage alone says little: at a low threshold a latent is connected to everything, and covers every cause.
/// Nor is significance proof: cosines are not centered, so that noise, too, is closest to the variables that vary least
/// for their mean, which are those of many causes. Compare with latents whose samples are shuffled.
struct StructureLevel {
  double percentile = 0;
  double threshold = 0;       ///< the cosine at that percentile
  Index n_found = 0;          ///< causes for which some latent stands
  Index n_significant = 0;    ///< of those, causes with a latent whose share of hits is more than chance
  double mean_coverage = 0;   ///< over causes found: shared / connections of the cause, largest over its latents
  double mean_precision = 0;  ///< over causes found: shared / connections of the latent, for the one of largest Jaccard
  double mean_jaccard = 0;    ///< over causes found: shared / connections of either, largest over its latents
  double best_jaccard = 0;    ///< over all causes: the same, largest over all latents
};

namespace detail {

/// What the latents have in common with one cause.
struct CauseMatch {
  bool is_found = false;
  double log_p = 0;
  double coverage = 0;
  double precision = 0;
  double jaccard = 0;
  double best_jaccard = 0;
};

/// Which observed variables each cause acts on.
struct Connections {
  std::vector<Buffer<Index>> causes_of;  ///< by observed variable
  Buffer<Index> count_of;                ///< by cause

  template <class Scalar>
  explicit Connections(const Matrix<Scalar>& structure)
      : causes_of(static_cast<std::size_t>(structure.rows())), count_of(structure.cols(), 0) {
    for (Index cause = 0; cause < structure.cols(); ++cause) {
      for (Index y = 0; y < structure.rows(); ++y) {
        if (structure(y, cause) == 0) continue;
        causes_of[static_cast<std::size_t>(y)].push_back(cause);
        ++count_of[cause];
      }
    }
  }
};

/// The edges of one latent at one threshold: shared with each cause, and how many in all.
struct LatentEdges {
  Buffer<Index> shared;  ///< by cause
  Index count = 0;

  LatentEdges(const Matrix<double>& cosines, Index latent, double threshold, const Connections& connections)
      : shared(connections.count_of.size(), 0) {
    for (Index y = 0; y < cosines.cols(); ++y) {
      if (cosines(latent, y) < threshold) continue;
      ++count;
      for (const Index cause : connections.causes_of[static_cast<std::size_t>(y)]) ++shared[cause];
    }
  }

  [[nodiscard]] double jaccard(Index cause, const Connections& connections) const {
    const Index either = count + connections.count_of[cause] - shared[cause];
    return either == 0 ? 0 : static_cast<double>(shared[cause]) / static_cast<double>(either);
  }

  void add_to(std::vector<CauseMatch>& matches, const Connections& connections, Index n_observed) const {
    for (std::size_t cause = 0; cause < matches.size(); ++cause)
      matches[cause].best_jaccard =
          std::max(matches[cause].best_jaccard, jaccard(static_cast<Index>(cause), connections));
    const Index best = std::max_element(shared.begin(), shared.end()) - shared.begin();
    if (shared[best] == 0) return;
    CauseMatch& match = matches[static_cast<std::size_t>(best)];
    const double n_shared = static_cast<double>(shared[best]);
    const double n_of_cause = static_cast<double>(connections.count_of[best]);
    const Binomial chance(count, n_of_cause / static_cast<double>(n_observed));
    match.log_p = std::min(match.log_p, chance.log_upper_tail(shared[best]));
    match.coverage = std::max(match.coverage, n_shared / n_of_cause);
    const double own_jaccard = jaccard(best, connections);
    if (!match.is_found || own_jaccard > match.jaccard) {
      match.jaccard = own_jaccard;
      match.precision = n_shared / static_cast<double>(count);
    }
    match.is_found = true;
  }
};

[[nodiscard]] inline StructureLevel summarize(const std::vector<CauseMatch>& matches, double log_significance) {
  StructureLevel level;
  for (const CauseMatch& match : matches) {
    level.best_jaccard += match.best_jaccard / static_cast<double>(matches.size());
    if (!match.is_found) continue;
    ++level.n_found;
    level.n_significant += match.log_p <= log_significance;
    level.mean_coverage += match.coverage;
    level.mean_precision += match.precision;
    level.mean_jaccard += match.jaccard;
  }
  if (level.n_found == 0) return level;
  const double n_found = static_cast<double>(level.n_found);
  level.mean_coverage /= n_found;
  level.mean_precision /= n_found;
  level.mean_jaccard /= n_found;
  return level;
}

}  // namespace detail

/// The structure identification of Schuster (arXiv 2410.11468), with precision, Jaccard index and a corrected binomial
/// test beside the paper's coverage. Takes 16 n_latents n_observed bytes.
/// \param latents    n_latents x n, n_latents >= 1, n >= 1, finite; dense codes, without dead latents
/// \param observed   n_observed x n, n_observed >= 1, finite
/// \param structure  n_observed x n_causes, n_causes >= 1; not 0 where the cause acts on the observed variable
/// \return one level for each percentile
template <class ScalarA, class ScalarB, class ScalarC>
[[nodiscard]] std::vector<StructureLevel> structure_identification(const Matrix<ScalarA>& latents,
                                                                   const Matrix<ScalarB>& observed,
                                                                   const Matrix<ScalarC>& structure,
                                                                   const StructureSettings& settings = {}) {
  require_at_least("structure_identification latents", latents.rows(), Index{1});
  require_at_least("structure_identification observed", observed.rows(), Index{1});
  require_at_least("structure_identification causes", structure.cols(), Index{1});
  require_shape("structure_identification structure", structure.rows(), structure.cols(), observed.rows(),
                structure.cols());
  require_between("structure_identification significance", settings.significance, 0.0, 1.0);
  for (const double percentile : settings.percentiles)
    require_between("structure_identification percentile", percentile, 0.0, 100.0);

  const Matrix<double> cosines =
      row_similarities(latents, observed, {.kind = Similarity::Cosine, .threads = settings.threads});
  Buffer<double> all(cosines.size());
  std::copy(cosines.data(), cosines.data() + cosines.size(), all.begin());
  std::sort(all.begin(), all.end());
  const detail::Connections connections(structure);
  std::vector<StructureLevel> levels(settings.percentiles.size());
  settings.threads.for_each(static_cast<Index>(levels.size()), [&](Index task, int) {
    const double percentile = settings.percentiles[static_cast<std::size_t>(task)];
    const double threshold = sorted_quantile(all.slice(), percentile / 100);
    std::vector<detail::CauseMatch> matches(static_cast<std::size_t>(structure.cols()));
    for (Index j = 0; j < latents.rows(); ++j)
      detail::LatentEdges(cosines, j, threshold, connections).add_to(matches, connections, observed.rows());
    StructureLevel& level = levels[static_cast<std::size_t>(task)];
    level = detail::summarize(matches, std::log(settings.significance / static_cast<double>(latents.rows())));
    level.percentile = percentile;
    level.threshold = threshold;
  });
  return levels;
}

}  // namespace parsae::inline PARSAE_ABI
