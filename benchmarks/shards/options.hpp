// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <CLI/CLI.hpp>

#include <measure/problem_size.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace parsae_benchmarks {

/// What the command line asks for.
struct Options {
  double gigabytes = 3;
  ProblemSize size = named_size("MN");
  Index buffer_rows = 0;
  Index rounds = 9;
  Index steps = 250;  ///< a round
  std::uint64_t seed = 1;
  std::filesystem::path json;
  bool is_quiet = false;

  // Of a child process of this program.
  std::string worker;
  std::filesystem::path folder;
};

/// Refuses what cannot be measured; messages name the option.
inline void check(const Options& options) {
  parsae::require_between("--gigabytes", options.gigabytes, 1e-6, 1e4);
  parsae::require_between("--d", options.size.d, Index{1}, Index{1} << 20);
  parsae::require_between("--n", options.size.n, Index{1}, Index{1} << 24);
  parsae::require_between("--k", options.size.k, Index{1}, options.size.n);
  parsae::require_between("--batch", options.size.batch, Index{1}, Index{1} << 20);
  parsae::require_between("--buffer-rows", options.buffer_rows, Index{0}, Index{1} << 40);
  parsae::require_between("--rounds", options.rounds, Index{1}, Index{10000});
  parsae::require_between("--steps", options.steps, Index{1}, Index{1000000});
  if (!options.worker.empty() && options.worker != "memory" && options.worker != "shards") {
    parsae::reject("--worker", "memory or shards", options.worker);
  }
}

inline void add_options(CLI::App& app, Options& options) {
  app.description(
      "Does training from files larger than memory keep up with training from memory?\n\n"
      "Writes shards of float32 samples to a temporary folder and trains a TopK SAE on them through\n"
      "parsae::ShardSource, in turns with one that has as many samples in memory as a single shard holds. Each of the\n"
      "two is a process of its own, so that its memory can be told.");
  app.footer(
      "Columns: samples/s is the median over rounds, with the slowest and the fastest; peak is the most memory that "
      "the\n"
      "  process had resident, of which the mixing buffer is 256 MiB unless --buffer-rows says otherwise.\n"
      "Examples:\n"
      "  shards                                  3 GB at the size of handwritten digits\n"
      "  shards --gigabytes 30 --rounds 100      several minutes over a larger folder");
  app.option_defaults()->always_capture_default();
  app.add_option("--gigabytes", options.gigabytes, "of all shards together, 1e9 bytes each");
  app.add_option("--d", options.size.d, "inputs");
  app.add_option("--n", options.size.n, "latents");
  app.add_option("--k", options.size.k, "active latents a sample");
  app.add_option("--batch", options.size.batch, "samples a step");
  app.add_option("--buffer-rows", options.buffer_rows, "samples that are mixed; 0: 256 MiB of them");
  app.add_option("--rounds", options.rounds, "turns of each");
  app.add_option("--steps", options.steps, "a turn");
  app.add_option("--seed", options.seed, "of samples, order and weights");
  app.add_option("--json", options.json, "file for the figures")->always_capture_default(false);
  app.add_flag("--quiet", options.is_quiet, "no progress line");
  app.add_option("--worker", options.worker)->group("");  // hidden
  app.add_option("--folder", options.folder)->group("");
}

}  // namespace parsae_benchmarks
