// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/cosine_blocks.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// Whether latents of near layers point in near directions: a table of all pairs, by the distance of their mean layers
/// and by the cosine of their dictionary columns (Lawson et al., arXiv 2409.04185).
struct CosineByLayerDistance {
  Vector<double> distances;    ///< distance_bins + 1 edges, from 0, in layers
  Vector<double> cosines;      ///< cosine_bins + 1 edges, from -1 to 1
  Matrix<std::int64_t> pairs;  ///< cosine_bins x distance_bins: how many pairs
  Vector<double> mean_cosine;  ///< distance_bins: of the pairs of each distance; NaN where there are none
  std::int64_t n_pairs = 0;    ///< all of them
};

struct CosineByLayerDistanceSettings {
  Index distance_bins = 32;  ///< 1 to 65536
  Index cosine_bins = 128;   ///< 1 to 65536
  double most_distance = 0;  ///< the last edge, in layers, >= 0; larger distances count in the last bin; 0: the largest
  Threads threads = Threads::available();
};

namespace detail {

/// The bin of a value >= 0 among `bins` equal ones up to `most`; the last edge and what lies beyond are in the last.
[[nodiscard]] inline Index bin_of(double value, double most, Index bins) {
  return static_cast<Index>(std::min(value / most * static_cast<double>(bins), static_cast<double>(bins - 1)));
}

}  // namespace detail

/// \param dictionary   n_inputs x n_latents, finite
/// \param mean_layers  n_latents: LayerDistribution::mean_layers(); latents with NaN are left out
template <class Scalar>
[[nodiscard]] CosineByLayerDistance cosine_by_layer_distance(const Matrix<Scalar>& dictionary,
                                                             const Vector<double>& mean_layers,
                                                             const CosineByLayerDistanceSettings& settings = {}) {
  require_shape("cosine_by_layer_distance mean_layers", mean_layers.size(), 1, dictionary.cols(), 1);
  require_between("cosine_by_layer_distance distance_bins", settings.distance_bins, Index{1}, Index{65536});
  require_between("cosine_by_layer_distance cosine_bins", settings.cosine_bins, Index{1}, Index{65536});
  require_between("cosine_by_layer_distance bins in all", settings.cosine_bins * settings.distance_bins, Index{1},
                  Index{1} << 24);
  require_not_negative("cosine_by_layer_distance most_distance", settings.most_distance);

  Buffer<LatentId> used;
  for (Index j = 0; j < mean_layers.size(); ++j)
    if (!std::isnan(mean_layers(j))) used.push_back(static_cast<LatentId>(j));
  Matrix<Scalar> directions(dictionary.rows(), used.size());
  Vector<double> layer(used.size());
  for (Index u = 0; u < used.size(); ++u) {
    directions.col(u) = dictionary.col(used[u]);
    layer(u) = mean_layers(used[u]);
  }
  require_finite("cosine_by_layer_distance mean_layers", layer);
  double most = settings.most_distance;
  if (most == 0 && used.size() > 0) most = layer.maxCoeff() - layer.minCoeff();
  if (most == 0) most = 1;  // all at one layer

  const CosineBlocks<Scalar> blocks(directions);
  using Counts = Matrix<std::int64_t>;
  std::vector<Counts> counts(static_cast<std::size_t>(settings.threads.count()),
                             Counts::Zero(settings.cosine_bins, settings.distance_bins));
  Matrix<double> sums = Matrix<double>::Zero(settings.distance_bins, blocks.n_tasks());
  blocks.for_each(settings.threads, [&](Index task, int worker, Index i, Index j_begin, Slice<const Scalar> cosines) {
    for (Index c = std::max<Index>(0, i + 1 - j_begin); c < cosines.size(); ++c) {  // each pair once
      const double cosine = std::clamp(static_cast<double>(cosines[c]), -1.0, 1.0);
      const Index at = detail::bin_of(std::abs(layer(i) - layer(j_begin + c)), most, settings.distance_bins);
      ++counts[static_cast<std::size_t>(worker)](detail::bin_of(cosine + 1, 2, settings.cosine_bins), at);
      sums(at, task) += cosine;
    }
  });

  CosineByLayerDistance result;
  result.distances = Vector<double>::LinSpaced(settings.distance_bins + 1, 0, most);
  result.cosines = Vector<double>::LinSpaced(settings.cosine_bins + 1, -1, 1);
  result.pairs = Counts::Zero(settings.cosine_bins, settings.distance_bins);
  for (const Counts& of_worker : counts) result.pairs += of_worker;
  result.n_pairs = result.pairs.sum();
  result.mean_cosine = Vector<double>::Zero(settings.distance_bins);
  for (Index task = 0; task < blocks.n_tasks(); ++task) result.mean_cosine += sums.col(task);
  for (Index at = 0; at < settings.distance_bins; ++at) {
    const std::int64_t n = result.pairs.col(at).sum();
    result.mean_cosine(at) =
        n > 0 ? result.mean_cosine(at) / static_cast<double>(n) : std::numeric_limits<double>::quiet_NaN();
  }
  return result;
}

}  // namespace parsae::inline PARSAE_ABI
