// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

namespace parsae_examples::cells {

using parsae::Index;

/// What the command line asks for.
struct Options {
  std::string part = "both";
  bool is_quick = false;
  std::filesystem::path counts;
  std::filesystem::path genes;
  std::filesystem::path labels;
  std::filesystem::path gene_sets;
  std::string cells_are = "usual";
  std::string embedding = "pca";
  Index n_components = 10;
  Index most_variable = 2000;
  Index n_latents = 128;
  Index k = 8;
  Index steps = 2000;
  double learning_rate = 3e-3;
  Index n_splits = 10;
  double percentile = 99;
  Index least_cells = 30;
  Index n_seeds = 5;
  int threads = parsae::Threads::available().count();
  std::filesystem::path out = "out/cells";
  bool is_quiet = false;

  [[nodiscard]] bool has_simulation() const { return part != "cells"; }
  [[nodiscard]] bool has_cells() const { return part != "simulation"; }
};

/// --quick: shorter training and two splits. Options that were given count.
inline void shorten(const CLI::App& app, Options& options) {
  if (app.count("--steps") == 0) options.steps = 300;
  if (app.count("--splits") == 0) options.n_splits = 2;
}

/// Refuses what no run can be made of; messages name the option.
inline void check(const Options& options) {
  parsae::require_between("--components", options.n_components, Index{2}, Index{1000});
  parsae::require_between("--most-variable", options.most_variable, Index{3}, Index{10'000});
  parsae::require_between("--latents", options.n_latents, Index{2}, Index{1} << 16);
  parsae::require_between("--k", options.k, Index{1}, options.n_latents);
  parsae::require_between("--steps", options.steps, Index{1}, Index{1'000'000});
  parsae::require_positive("--learning-rate", options.learning_rate);
  parsae::require_between("--splits", options.n_splits, Index{1}, Index{1000});
  parsae::require_between("--percentile", options.percentile, 0.0, 100.0);
  parsae::require_between("--least-cells", options.least_cells, Index{2}, Index{1'000'000});
  parsae::require_between("--seeds", options.n_seeds, Index{1}, Index{100});
  parsae::require_between("--threads", options.threads, 1, 4096);
  if (!options.has_cells() && !options.counts.empty())
    parsae::reject("--counts", "--part cells or both beside it", options.counts.string());
  if (!options.counts.empty()) return;
  if (options.cells_are != "usual") parsae::reject("--cells-are", "--counts beside it", options.cells_are);
  if (!options.labels.empty()) parsae::reject("--labels", "--counts beside it", "labels alone");
  if (!options.genes.empty()) parsae::reject("--genes", "--counts beside it", "gene names alone");
}

inline void add_options(CLI::App& app, Options& options) {
  app.description(
      "What do the latents of a sparse autoencoder (SAE) say of living cells?\n\n"
      "Part one simulates cells of which everything hidden is known, and measures what linear probes and single "
      "latents\n"
      "recover of it. Part two takes real cells: counts -> log counts per million -> z-scores -> a few components -> "
      "SAE,\n"
      "fitted to one half of the cells; on the other half it counts the cell types that single latents separate, and\n"
      "that simpler units do. Then latents are explained by genes. Writes report.html and results.json.");
  app.footer(
      "Examples:\n"
      "  cells                                            both parts\n"
      "  cells --quick                                    the same, small, in less than a minute\n"
      "  cells --part cells --counts counts.npy --labels types.txt --genes genes.txt\n"
      "  cells --part cells --counts matrix.mtx.gz --genes features.tsv --gene-sets processes.gmt\n\n"
      "Counts are not normalized before: whole numbers, or at least not logarithms.");
  app.option_defaults()->always_capture_default();
  app.add_option("--part", options.part, "simulation, cells or both")
      ->check(CLI::IsMember({"simulation", "cells", "both"}));
  app.add_flag("--quick", options.is_quick, "smaller simulations, two splits: to see what the page looks like");
  app.add_option(
         "--counts", options.counts,
         "cells and their counts: .npy, .csv, .tsv, .mtx (all of text may be .gz), .npz, .safetensors; .h5ad and\n"
         ".h5 where parsae is built with HDF5. Without it: the blood cells in the folder that PARSAE_TEST_DATA\n"
         "names, else simulated cells")
      ->always_capture_default(false);
  app.add_option("--cells-are", options.cells_are,
                 "rows or columns of the file of counts; usual: the columns of .mtx, the rows of anything else")
      ->check(CLI::IsMember({"usual", "rows", "columns"}));
  app.add_option("--genes", options.genes,
                 "names of the genes, one a line (of features.tsv the second column); without it: the file of counts\n"
                 "with .features.txt in place of its extension, else numbers")
      ->always_capture_default(false);
  app.add_option("--labels", options.labels,
                 "cell types, one a line in the order of the cells; or .npy of numbers from 0, with the names in\n"
                 ".names.txt beside it. Without labels, latents are explained by genes alone")
      ->always_capture_default(false);
  app.add_option("--gene-sets", options.gene_sets, "gene sets in the GMT format: which of them each latent's genes hit")
      ->always_capture_default(false);
  app.add_option("--embedding", options.embedding, "what the SAE is trained on: pca or autoencoder")
      ->check(CLI::IsMember({"pca", "autoencoder"}));
  app.add_option("--components", options.n_components, "of the embedding, 2 to 1000");
  app.add_option("--most-variable", options.most_variable, "keep so many genes, those that vary most; 3 to 10000");
  app.add_option("--latents", options.n_latents, "of the SAE on cells, 2 to 65536");
  app.add_option("--k", options.k, "its active latents a cell");
  app.add_option("--steps", options.steps, "its steps of training, 128 cells each");
  app.add_option("--learning-rate", options.learning_rate, "Adam's, above 0");
  app.add_option("--splits", options.n_splits, "stratified halves of the cells to train and to judge, 1 to 1000");
  app.add_option("--percentile", options.percentile,
                 "cells above this percentile of a latent are compared with inactive ones, 0 to 100");
  app.add_option("--least-cells", options.least_cells,
                 "where fewer cells are above that percentile, it is lowered until so many are");
  app.add_option("--seeds", options.n_seeds, "of the simulations: means and ranges are over them, 1 to 100");
  app.add_option("--out", options.out, "folder for the results; made if missing");
  app.add_option("--threads", options.threads, "threads; results do not depend on it");
  app.add_flag("--quiet", options.is_quiet, "no progress line");
}

}  // namespace parsae_examples::cells
