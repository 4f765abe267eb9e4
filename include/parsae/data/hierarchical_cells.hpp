// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/data/poisson.hpp>

#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The defaults are the paper's sizes: 80 kB a cell. Scaled down, 1000 genes and 20 programs show the same.
struct HierarchicalCellsSettings {
  Index n_genes = 20'000;         ///< >= 1
  Index n_programs = 100;         ///< >= 1
  Index n_types = 40;             ///< cell types, >= 1
  Index n_batches = 3;            ///< >= 1
  double gene_probability = 0.1;  ///< that a program acts on a gene, 0 to 1
  double type_probability = 0.3;  ///< that a cell type has a program, 0 to 1
  double first_mean = 1;          ///< mean of program 0, >= 0
  double mean_step = 0.1;         ///< program p has the mean first_mean + p mean_step; >= 0
  double batch_deviation = 0.1;   ///< standard deviation of the batch effect about the batch's number, >= 0
  std::uint64_t seed = 0;
};

/// Simulated cells with everything that made them; a cell is a column.
struct HierarchicalCellsSamples {
  Matrix<float> expression;        ///< n_genes x n; Y, what is observed
  Matrix<float> typed_programs;    ///< n_programs x n; X'', the direct causes of Y
  Matrix<float> batched_programs;  ///< n_programs x n; X'
  Matrix<float> programs;          ///< n_programs x n; X
  Matrix<float> batch_effect;      ///< 1 x n
  Buffer<Index> batch;             ///< n, each below n_batches
  Buffer<Index> type;              ///< n, each below n_types
};

/// The large simulation of Schuster (arXiv 2410.11468):
///
///     X_p ~ Poisson(first_mean + p mean_step)
///     X'  = X + e,  e ~ N(batch, batch_deviation^2), one number a cell, batch uniform
///     X'' = X' C(:, type)  entry by entry, type uniform
///     Y   = M X''          without noise
///
/// with M (n_genes x n_programs) and C (n_programs x n_types) of zeros and ones, drawn once from the seed. Cells are an
/// endless row, and cell i is a function of (settings, i) alone.
class HierarchicalCells {
 public:
  using Settings = HierarchicalCellsSettings;
  using Samples = HierarchicalCellsSamples;

  explicit HierarchicalCells(const Settings& settings) : settings_(settings) {
    require_at_least("HierarchicalCells n_genes", settings.n_genes, Index{1});
    require_at_least("HierarchicalCells n_programs", settings.n_programs, Index{1});
    require_at_least("HierarchicalCells n_types", settings.n_types, Index{1});
    require_at_least("HierarchicalCells n_batches", settings.n_batches, Index{1});
    require_between("HierarchicalCells gene_probability", settings.gene_probability, 0.0, 1.0);
    require_between("HierarchicalCells type_probability", settings.type_probability, 0.0, 1.0);
    require_not_negative("HierarchicalCells first_mean", settings.first_mean);
    require_not_negative("HierarchicalCells mean_step", settings.mean_step);
    require_not_negative("HierarchicalCells batch_deviation", settings.batch_deviation);
    connectivity_ = zeros_and_ones(settings.n_genes, settings.n_programs, settings.gene_probability, 0);
    type_programs_ = zeros_and_ones(settings.n_programs, settings.n_types, settings.type_probability, 1);
    for (Index p = 0; p < settings.n_programs; ++p)
      poisson_.emplace_back(settings.first_mean + static_cast<double>(p) * settings.mean_step);
  }

  /// M, n_genes x n_programs: a program is a column, as a latent is of a dictionary.
  [[nodiscard]] const Matrix<float>& connectivity() const { return connectivity_; }

  /// C, n_programs x n_types.
  [[nodiscard]] const Matrix<float>& type_programs() const { return type_programs_; }

  /// Cells [range.begin, range.end) of the row, 0 <= begin <= end < 2^48; the same bits for any range and any number of
  /// threads.
  [[nodiscard]] Samples draw(SampleRange range, Threads threads = Threads::available()) const {
    require_between("HierarchicalCells range", range.begin, Index{0}, range.end);
    require_between("HierarchicalCells range", range.end, Index{0}, (Index{1} << 48) - 1);
    const Index n = range.size();
    Samples samples{Matrix<float>(settings_.n_genes, n),
                    Matrix<float>(settings_.n_programs, n),
                    Matrix<float>(settings_.n_programs, n),
                    Matrix<float>(settings_.n_programs, n),
                    Matrix<float>(1, n),
                    Buffer<Index>(n),
                    Buffer<Index>(n)};
    constexpr Index block = 64;
    threads.for_each(divide_up(n, block), [&](Index task, int) {
      for (Index i = task * block; i < std::min(n, (task + 1) * block); ++i) draw_cell(range.begin + i, i, samples);
    });
    return samples;
  }

 private:
  [[nodiscard]] Matrix<float> zeros_and_ones(Index rows, Index cols, double probability, std::uint64_t index) const {
    const Random random(settings_.seed, Draws::Connectivity, index);
    Matrix<float> drawn(rows, cols);
    for (Index e = 0; e < drawn.size(); ++e)
      drawn.data()[e] = random.bernoulli(probability, static_cast<std::uint64_t>(e)) ? 1.0f : 0.0f;
    return drawn;
  }

  void draw_cell(Index cell, Index i, Samples& samples) const {
    const Random random(settings_.seed, Draws::Cells, static_cast<std::uint64_t>(cell));
    const Index batch = static_cast<Index>(random.below(static_cast<std::uint64_t>(settings_.n_batches), 0));
    const Index type = static_cast<Index>(random.below(static_cast<std::uint64_t>(settings_.n_types), 1));
    const auto effect = static_cast<float>(static_cast<double>(batch) + settings_.batch_deviation * random.normal(2));
    samples.batch[i] = batch;
    samples.type[i] = type;
    samples.batch_effect(0, i) = effect;
    samples.expression.col(i).setZero();
    for (Index p = 0; p < settings_.n_programs; ++p) {
      const double uniform = random.uniform(static_cast<std::uint64_t>(p) + 3);
      const auto program = static_cast<float>(poisson_[static_cast<std::size_t>(p)].draw(uniform));
      const float batched = program + effect;
      const float typed = type_programs_(p, type) == 0 ? 0.0f : batched;
      samples.programs(p, i) = program;
      samples.batched_programs(p, i) = batched;
      samples.typed_programs(p, i) = typed;
      if (typed != 0) samples.expression.col(i) += typed * connectivity_.col(p);
    }
  }

  Settings settings_;
  std::vector<Poisson> poisson_;
  Matrix<float> connectivity_;
  Matrix<float> type_programs_;
};

}  // namespace parsae::inline PARSAE_ABI
