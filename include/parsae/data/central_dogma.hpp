// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/data/poisson.hpp>

namespace parsae::inline PARSAE_ABI {

struct CentralDogmaSettings {
  double mean_activity = 2;                                        ///< 0 to 1e9
  Vector<double> accessibility = Vector<double>{{0.5, 0.1, 0.9}};  ///< n_factors >= 1, each 0 to 1
  /// n_factors x n_genes, n_genes >= 1, finite
  Matrix<double> regulation = Matrix<double>{{0, 1, 1, 0, 0}, {1, 1, 0, 1, 0}, {0, 0, 0, 1, 1}};
  std::uint64_t seed = 0;
};

/// Simulated cells with everything that made them; a cell is a column.
struct CentralDogmaSamples {
  Matrix<float> rna;         ///< n_genes x n; Y, what is observed
  Matrix<float> factors;     ///< n_factors x n; X, the direct causes of Y
  Matrix<float> accessible;  ///< n_factors x n; B, 0 or 1
  Matrix<float> activity;    ///< 1 x n; A, the same for all factors of a cell
};

/// The small simulation of Schuster, "Can sparse autoencoders make sense of latent representations?" (arXiv
/// 2410.11468): a cell's activity A reaches its RNA through the transcription factors whose DNA is accessible,
///
///     A ~ Poisson(mean_activity),  B_f ~ Bernoulli(accessibility_f),  X_f = A B_f,  Y_g = sum_f G(f, g) X_f.
///
/// Without noise: where G has full rank, Y says X exactly, and A and B only in part. The defaults are the paper's.
/// Cells are an endless row, and cell i is a function of (settings, i) alone.
class CentralDogma {
 public:
  using Settings = CentralDogmaSettings;
  using Samples = CentralDogmaSamples;

  explicit CentralDogma(const Settings& settings = {}) : settings_(settings), poisson_(settings.mean_activity) {
    require_at_least("CentralDogma factors", settings.accessibility.size(), Index{1});
    for (const double p : settings.accessibility) require_between("CentralDogma accessibility", p, 0.0, 1.0);
    require_shape("CentralDogma regulation", settings.regulation.rows(), settings.regulation.cols(), n_factors(),
                  settings.regulation.cols());
    require_at_least("CentralDogma genes", n_genes(), Index{1});
    require_finite("CentralDogma regulation", settings.regulation);
  }

  [[nodiscard]] Index n_factors() const { return settings_.accessibility.size(); }
  [[nodiscard]] Index n_genes() const { return settings_.regulation.cols(); }

  /// Cells [range.begin, range.end) of the row, 0 <= begin <= end < 2^48; the same bits for any range and any number of
  /// threads.
  [[nodiscard]] Samples draw(SampleRange range, Threads threads = Threads::available()) const {
    require_between("CentralDogma range", range.begin, Index{0}, range.end);
    require_between("CentralDogma range", range.end, Index{0}, (Index{1} << 48) - 1);
    Samples samples{Matrix<float>(n_genes(), range.size()), Matrix<float>(n_factors(), range.size()),
                    Matrix<float>(n_factors(), range.size()), Matrix<float>(1, range.size())};
    constexpr Index block = 1024;
    threads.for_each(divide_up(range.size(), block), [&](Index task, int) {
      for (Index i = task * block; i < std::min(range.size(), (task + 1) * block); ++i)
        draw_cell(range.begin + i, i, samples);
    });
    return samples;
  }

 private:
  void draw_cell(Index cell, Index i, Samples& samples) const {
    const Random random(settings_.seed, Draws::Cells, static_cast<std::uint64_t>(cell));
    const auto activity = static_cast<float>(poisson_.draw(random.uniform(0)));
    samples.activity(0, i) = activity;
    for (Index f = 0; f < n_factors(); ++f) {
      const bool is_open = random.bernoulli(settings_.accessibility(f), static_cast<std::uint64_t>(f) + 1);
      samples.accessible(f, i) = is_open ? 1.0f : 0.0f;
      samples.factors(f, i) = is_open ? activity : 0.0f;
    }
    for (Index g = 0; g < n_genes(); ++g) {
      double sum = 0;
      for (Index f = 0; f < n_factors(); ++f)
        sum += settings_.regulation(f, g) * static_cast<double>(samples.factors(f, i));
      samples.rna(g, i) = static_cast<float>(sum);
    }
  }

  Settings settings_;
  Poisson poisson_;
};

}  // namespace parsae::inline PARSAE_ABI
