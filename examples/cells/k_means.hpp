// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace parsae_examples::cells {

struct KMeansSettings {
  parsae::Index n_clusters = 16;  ///< >= 1, at most the number of samples
  parsae::Index most_rounds = 100;
  std::uint64_t seed = 0;
  parsae::Threads threads = parsae::Threads::available();
};

/// Lloyd's algorithm from the starting points of k-means++ (Arthur and Vassilvitskii 2007): the simplest dictionary of
/// all, one active latent a sample. The same bits for any number of threads. A cluster that loses its samples keeps its
/// center.
class KMeans {
 public:
  using Index = parsae::Index;

  /// \param samples  n_inputs x n, finite
  KMeans(const parsae::Matrix<float>& samples, const KMeansSettings& settings) {
    parsae::require_between("KMeans n_clusters", settings.n_clusters, Index{1}, samples.cols());
    parsae::require_at_least("KMeans most_rounds", settings.most_rounds, Index{1});
    parsae::require_finite("KMeans samples", samples);
    start(samples, settings);
    for (Index round = 0; round < settings.most_rounds && assign(samples, settings.threads); ++round) move(samples);
    static_cast<void>(assign(samples, settings.threads));  // after the last move, where rounds ran out
  }

  /// n_inputs x n_clusters.
  [[nodiscard]] const parsae::Matrix<double>& centers() const { return centers_; }

  /// The nearest center of each training sample.
  [[nodiscard]] const parsae::Buffer<Index>& cluster() const { return cluster_; }

  /// Minus the distance to each center, n_clusters x n: scores that rank samples for each cluster.
  [[nodiscard]] parsae::Matrix<double> scores(const parsae::Matrix<float>& samples) const {
    parsae::require_shape("KMeans samples", samples.rows(), samples.cols(), centers_.rows(), samples.cols());
    parsae::Matrix<double> found(centers_.cols(), samples.cols());
    for (Index i = 0; i < samples.cols(); ++i)
      for (Index c = 0; c < centers_.cols(); ++c) found(c, i) = -std::sqrt(squared_distance(samples, i, c));
    return found;
  }

 private:
  [[nodiscard]] double squared_distance(const parsae::Matrix<float>& samples, Index sample, Index center) const {
    double sum = 0;
    for (Index q = 0; q < samples.rows(); ++q) {
      const double difference = static_cast<double>(samples(q, sample)) - centers_(q, center);
      sum += difference * difference;
    }
    return sum;
  }

  /// Each center but the first is a sample drawn with a chance that grows with its squared distance from those before.
  void start(const parsae::Matrix<float>& samples, const KMeansSettings& settings) {
    const parsae::Random random(settings.seed, parsae::Draws::Samples, 1);
    const auto n = static_cast<std::uint64_t>(samples.cols());
    centers_.resize(samples.rows(), settings.n_clusters);
    parsae::Buffer<double> nearest(samples.cols(), std::numeric_limits<double>::infinity());
    Index chosen = static_cast<Index>(random.below(n, 0));
    for (Index c = 0;; ++c) {
      centers_.col(c) = samples.col(chosen).cast<double>();
      if (c + 1 == settings.n_clusters) return;
      double total = 0;
      for (Index i = 0; i < samples.cols(); ++i)
        total += nearest[i] = std::min(nearest[i], squared_distance(samples, i, c));
      double rest = total * random.uniform(static_cast<std::uint64_t>(c) + 1);
      for (chosen = 0; chosen + 1 < samples.cols() && rest >= nearest[chosen]; ++chosen) rest -= nearest[chosen];
    }
  }

  /// True if a sample has changed its cluster.
  [[nodiscard]] bool assign(const parsae::Matrix<float>& samples, parsae::Threads threads) {
    const parsae::Buffer<Index> before = cluster_;
    cluster_.resize(samples.cols());
    constexpr Index block = 64;
    threads.for_each(parsae::divide_up(samples.cols(), block), [&](Index task, int) {
      for (Index i = task * block; i < std::min(samples.cols(), (task + 1) * block); ++i) {
        double least = std::numeric_limits<double>::infinity();
        for (Index c = 0; c < centers_.cols(); ++c) {
          const double distance = squared_distance(samples, i, c);
          if (distance >= least) continue;
          least = distance;
          cluster_[i] = c;
        }
      }
    });
    return !(cluster_ == before);
  }

  void move(const parsae::Matrix<float>& samples) {
    parsae::Matrix<double> sums = parsae::Matrix<double>::Zero(centers_.rows(), centers_.cols());
    parsae::Buffer<double> count(centers_.cols(), 0.0);
    for (Index i = 0; i < samples.cols(); ++i) {
      sums.col(cluster_[i]) += samples.col(i).cast<double>();
      ++count[cluster_[i]];
    }
    for (Index c = 0; c < centers_.cols(); ++c)
      if (count[c] > 0) centers_.col(c) = sums.col(c) / count[c];
  }

  parsae::Matrix<double> centers_;
  parsae::Buffer<Index> cluster_;
};

}  // namespace parsae_examples::cells
