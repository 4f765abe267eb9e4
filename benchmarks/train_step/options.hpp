// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <measure/problem_size.hpp>
#include <measure/result_files.hpp>
#include <measure/synthetic_samples.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "methods.hpp"

namespace parsae_benchmarks {

/// What the command line asks for.
struct Options {
  std::vector<std::string> sizes{"S", "MN", "M", "L", "XL"};
  ProblemSize own{"own", 0, 0, 0, 0};  ///< all zero: the named sizes
  std::vector<std::string> data{"gaussian", "trained-like", "outlier"};
  std::vector<std::string> methods = all_methods();
  std::vector<int> threads;  ///< empty: the default plan
  int repeats = 5;
  std::uint64_t seed = 1;
  ResultFiles files;
  bool has_growth = false;  ///< unless the command line says so: in a run of everything
  bool with_peers = false;
  bool is_quick = false;
  bool is_quiet = false;
  std::string worker;  ///< not empty: this process is one of the program's own workers

  [[nodiscard]] bool has_own_size() const { return own.d != 0; }

  [[nodiscard]] std::vector<ProblemSize> problem_sizes() const {
    if (has_own_size()) return {own};
    std::vector<ProblemSize> found;
    for (const std::string& name : sizes) found.push_back(named_size(name));
    return found;
  }

  /// Seconds of a contestant in each round.
  [[nodiscard]] double slice_seconds() const { return is_quick ? 0.08 : 0.25; }
};

namespace detail {

template <class Value>
void require_each_once(const std::string& option, const std::vector<Value>& values) {
  if (values.empty()) parsae::reject(option, "at least one", "none");
  if (std::set<Value>(values.begin(), values.end()).size() != values.size())
    parsae::reject(option, "each value once", "one of them twice");
}

}  // namespace detail

/// Refuses what cannot be measured; messages name the option.
inline void check(const Options& options) {
  detail::require_each_once("--sizes", options.sizes);
  detail::require_each_once("--data", options.data);
  detail::require_each_once("--methods", options.methods);
  for (const std::string& size : options.sizes) (void)named_size(size);
  for (const std::string& data : options.data) (void)synthetic_data_from(data);
  const std::vector<std::string> known = all_methods();
  for (const std::string& method : options.methods)
    if (std::find(known.begin(), known.end(), method) == known.end())
      parsae::reject("--methods", "names out of --help", method);
  if (!options.threads.empty()) detail::require_each_once("--threads", options.threads);
  for (const int threads : options.threads) parsae::require_between("--threads", threads, 1, 4096);
  parsae::require_between("--repeats", options.repeats, 1, 1000);
  if (options.own.d == 0 && options.own.n == 0 && options.own.k == 0 && options.own.batch == 0) return;
  parsae::require_between("--d (given with --n, --k and --batch)", options.own.d, Index{1}, Index{1} << 20);
  parsae::require_between("--n (given with --d, --k and --batch)", options.own.n, Index{1}, Index{1} << 24);
  parsae::require_between("--k (given with --d, --n and --batch)", options.own.k, Index{1}, options.own.n);
  parsae::require_between("--batch (given with --d, --n and --k)", options.own.batch, Index{1}, Index{1} << 20);
}

[[nodiscard]] inline std::string method_list() {
  std::string text;
  for (const std::string& method : all_methods()) text += "    " + method + "\n";
  return text;
}

inline void add_options(CLI::App& app, Options& options) {
  app.description(
      "How fast is a training step, and how far from what the machine can do?\n\n"
      "A step is all of it: encode, select, decode, losses, gradients, Adam, renormalization, float32. Every method "
      "runs in\n"
      "a process of its own (its peak memory is its own), on the same samples from the same weights, in rounds: each "
      "takes\n"
      "a slice of time while the others sleep, so that a busy moment of the machine hits all of them alike.");
  app.footer(
      "Sizes (d inputs, n latents, k active, batch): S 64 512 8 512, MN 784 1024 16 512, M 256 4096 32 1024,\n"
      "  L 768 12288 32 2048, XL 768 24576 64 2048. Everything on gaussian data; TopK on all data at M, L, XL and own "
      "sizes.\n"
      "Methods:\n" +
      method_list() +
      "  JumpReLU has the threshold that leaves about k latents active; it and Mutual Choice take turns with exact "
      "TopK, which\n"
      "  says what they cost. ReLU is measured from its dense start: half of "
      "the\n"
      "  latents active. In topk-auxk half of the latents are dead and AuxK works on them with k_aux = d / 2.\n"
      "Columns (rates are medians over steps, min and max the slowest and the fastest step):\n"
      "  enc/peak     the encoder's dense product at the measured time, as a share of the machine's float32 peak;\n"
      "               screened methods skip most of that product and may exceed 100 %\n"
      "  step/floor   the whole step in units of a dense float32 encoder at that peak, which no exact float32 step "
      "goes below\n"
      "  over         peak memory over parameters and Adam moments\n"
      "Measure on an idle machine: one busy core makes teams of threads wait for each other at every barrier.\n"
      "Examples:\n"
      "  train_step --out results                          everything (several minutes), with a page of charts\n"
      "  train_step --sizes M --quick                      a first look in seconds\n"
      "  train_step --d 4096 --n 32768 --k 64 --batch 4096 your own size\n"
      "  train_step --peers --sizes L --out results        against PyTorch, in the same run");
  app.option_defaults()->always_capture_default();
  app.add_option("--sizes", options.sizes, "named sizes, comma separated")->delimiter(',');
  app.add_option("--d", options.own.d, "inputs of an own size, instead of --sizes")->default_str("");
  app.add_option("--n", options.own.n, "latents of it")->default_str("");
  app.add_option("--k", options.own.k, "active latents a sample of it")->default_str("");
  app.add_option("--batch", options.own.batch, "samples a step of it")->default_str("");
  app.add_option(
         "--data", options.data,
         "gaussian; trained-like (sums of k dictionary columns, after 200 steps of training); outlier (gaussian, two\n"
         "inputs 20 times as large)")
      ->delimiter(',');
  app.add_option("--methods", options.methods, "comma separated")->delimiter(',')->default_str("");
  app.add_option("--threads", options.threads, "comma separated; without it: all cores, and TopK at L on one, too")
      ->delimiter(',')
      ->default_str("");
  app.add_option("--repeats", options.repeats, "rounds, 1 to 1000; steps that take seconds do fewer");
  app.add_option("--seed", options.seed, "of samples and weights");
  app.add_flag("--peers", options.with_peers, "also PyTorch implementations, in alternation; needs python3-torch");
  app.add_flag("--quick", options.is_quick, "short slices: a first look, not a measurement");
  app.add_flag("--growth,!--no-growth", options.has_growth,
               "time against n, d, batch and k; without either: when no size and no method is chosen");
  add_options(app, options.files);
  app.add_flag("--quiet", options.is_quiet, "no progress line");
  app.add_option("--worker", options.worker)->group("")->default_str("");
}

/// What was given decides what is left out.
inline void finish(const CLI::App& app, Options& options) {
  const bool has_own = app.count("--d") + app.count("--n") + app.count("--k") + app.count("--batch") > 0;
  if (has_own && app.count("--sizes") > 0) parsae::reject("--sizes", "either --sizes or --d --n --k --batch", "both");
  if (has_own && options.own.d == 0) parsae::reject("--d", "all of --d --n --k --batch", "some of them");
  if (options.is_quick && app.count("--repeats") == 0) options.repeats = 3;
  if (options.is_quick && app.count("--data") == 0) options.data = {"gaussian"};
  if (app.count("--growth") == 0)
    options.has_growth = !has_own && !options.is_quick && app.count("--sizes") == 0 && app.count("--methods") == 0;
  options.files.finish();
}

}  // namespace parsae_benchmarks
