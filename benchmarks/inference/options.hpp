// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <measure/problem_size.hpp>
#include <measure/synthetic_samples.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace parsae_benchmarks {

/// What the command line asks for.
struct Options {
  std::vector<std::string> sizes{"S", "MN", "M", "L", "XL"};
  ProblemSize own{"own", 0, 0, 0, 0};  ///< all zero: the named sizes
  std::vector<std::string> data{"gaussian", "trained-like", "outlier"};
  std::vector<int> threads = default_threads();
  double seconds = 0.5;
  Index training_steps = 100;
  std::uint64_t seed = 1;
  std::filesystem::path json;
  bool is_quiet = false;

  [[nodiscard]] static std::vector<int> default_threads() {
    const int all = parsae::Threads::available().count();
    return all == 1 ? std::vector<int>{1} : std::vector<int>{1, all};
  }

  [[nodiscard]] std::vector<ProblemSize> problem_sizes() const {
    if (own.d != 0) return {own};
    std::vector<ProblemSize> found;
    for (const std::string& name : sizes) found.push_back(named_size(name));
    return found;
  }
};

/// Refuses what cannot be measured; messages name the option.
inline void check(const Options& options) {
  for (const std::string& size : options.sizes) (void)named_size(size);
  for (const std::string& data : options.data) (void)synthetic_data_from(data);
  for (const int threads : options.threads) parsae::require_between("--threads", threads, 1, 4096);
  parsae::require_between("--seconds", options.seconds, 0.001, 3600.0);
  parsae::require_between("--training-steps", options.training_steps, Index{1}, Index{1000000});
  const ProblemSize& own = options.own;
  if (own.d == 0 && own.n == 0 && own.k == 0 && own.batch == 0) return;
  parsae::require_between("--d (given with --n, --k and --batch)", own.d, Index{1}, Index{1} << 20);
  parsae::require_between("--n (given with --d, --k and --batch)", own.n, Index{1}, Index{1} << 24);
  parsae::require_between("--k (given with --d, --n and --batch)", own.k, Index{1}, own.n);
  parsae::require_between("--batch (given with --d, --n and --k)", own.batch, Index{1}, Index{1} << 20);
}

inline void add_options(CLI::App& app, Options& options) {
  app.description(
      "How fast does a trained encoder run?\n\n"
      "A TopK encoder through parsae::InferenceEncoder: one sample at a time, as a program calls it for each token "
      "(latency),\n"
      "and a whole batch (throughput). Exact reads float32 weights, screened low-precision copies; both give the same "
      "codes.");
  app.footer(
      "Sizes (d inputs, n latents, k active, batch): S 64 512 8 512, MN 784 1024 16 512, M 256 4096 32 1024,\n"
      "  L 768 12288 32 2048, XL 768 24576 64 2048.\n"
      "Columns: latency is the median over single samples, with the fastest and the slowest tenth; weights/s is how "
      "fast the\n"
      "  float32 weights would have to be read for it, beside the copy speed that was measured in this run.\n"
      "Examples:\n"
      "  inference --sizes L                     one size\n"
      "  inference --json results.json           everything, with the figures in a file");
  app.option_defaults()->always_capture_default();
  app.add_option("--sizes", options.sizes, "named sizes, comma separated")->delimiter(',');
  app.add_option("--d", options.own.d, "inputs of an own size, instead of --sizes")->always_capture_default(false);
  app.add_option("--n", options.own.n, "latents of it")->always_capture_default(false);
  app.add_option("--k", options.own.k, "active latents a sample of it")->always_capture_default(false);
  app.add_option("--batch", options.own.batch, "samples at a time, for the throughput")->always_capture_default(false);
  app.add_option(
         "--data", options.data,
         "gaussian; trained-like (sums of k dictionary columns, model trained on them); outlier (gaussian, two\n"
         "inputs 20 times as large)")
      ->delimiter(',');
  app.add_option("--threads", options.threads, "comma separated")->delimiter(',');
  app.add_option("--seconds", options.seconds, "for each figure");
  app.add_option("--training-steps", options.training_steps, "of the model for trained-like data");
  app.add_option("--seed", options.seed, "of samples and weights");
  app.add_option("--json", options.json, "file for the figures")->always_capture_default(false);
  app.add_flag("--quiet", options.is_quiet, "no progress line");
}

}  // namespace parsae_benchmarks
