// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <measure/result_files.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "rule_search.hpp"

namespace parsae_benchmarks {

/// What the command line asks for.
struct Options {
  std::string data = "synthetic";
  std::filesystem::path test;
  std::vector<std::string> rules;  ///< empty: all
  std::vector<double> l0{8, 16, 32};
  Index n_latents = 0;  ///< 0: by the data
  Index samples = 1'500'000;
  Index batch = 1024;
  Index n_seeds = 3;
  std::vector<double> rates;  ///< empty: around the stored ones
  bool wants_search = false;
  bool wants_stored_rates = false;
  int threads = parsae::Threads::available().count();
  std::uint64_t seed = 1;
  bool wants_kernels_alone = false;
  bool wants_no_kernels = false;
  std::vector<Index> kernel_size{768, 24576, 2048};
  ResultFiles files;
  bool is_offline = false;
  bool is_quick = false;
  bool is_quiet = false;

  [[nodiscard]] bool trains() const { return !wants_kernels_alone; }
  [[nodiscard]] bool has_kernels() const { return !wants_no_kernels; }
  [[nodiscard]] bool searches_rates() const {
    return wants_search || !rates.empty() || !(wants_stored_rates || is_quick);
  }

  [[nodiscard]] parsae_examples::ProgressBar::Style progress_style() const {
    using Style = parsae_examples::ProgressBar::Style;
    return is_quiet ? Style::Quiet : Style::Auto;
  }
  /// Eight times the inputs, at most 1024: enough to tell rules apart, and a run ends.
  [[nodiscard]] Index latents_for(Index n_inputs) const {
    return n_latents > 0 ? n_latents : std::min<Index>(8 * n_inputs, 1024);
  }

  [[nodiscard]] DataSettings data_settings() const {
    return {.data = data,
            .test = test,
            .n_synthetic = is_quick ? 50'000 : 200'000,
            .is_offline = is_offline,
            .seed = seed,
            .threads = parsae::Threads(threads)};
  }
  [[nodiscard]] SearchSettings search_settings() const {
    return {.searches_rates = searches_rates(), .rates = rates, .n_seeds = n_seeds};
  }
  [[nodiscard]] KernelSettings kernel_settings() const {
    return {.n_inputs = kernel_size[0],
            .n_latents = kernel_size[1],
            .n_samples = kernel_size[2],
            .k = std::min<Index>(32, kernel_size[1]),
            .rounds = is_quick ? 5 : 11,
            .dense_rounds = is_quick ? 1 : 3,
            .seed = seed,
            .threads = parsae::Threads(threads)};
  }
};

namespace detail {

template <class Value>
void require_each_once(const std::string& option, const std::vector<Value>& values) {
  if (std::set<Value>(values.begin(), values.end()).size() != values.size())
    parsae::reject(option, "each value once", "one of them twice");
}

[[nodiscard]] inline std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace detail

/// Refuses what cannot be compared; messages name the option.
/// \param known_rules  names that --rules may hold
inline void check(const Options& options, const std::vector<std::string>& known_rules) {
  for (const std::string& rule : options.rules)
    if (std::find(known_rules.begin(), known_rules.end(), rule) == known_rules.end())
      parsae::reject("--rules", "names out of " + detail::joined(known_rules), rule);
  detail::require_each_once("--rules", options.rules);
  if (options.l0.empty()) parsae::reject("--l0", "at least one", "none");
  detail::require_each_once("--l0", options.l0);
  for (const double l0 : options.l0) parsae::require_between("--l0", l0, 1.0, 1e6);
  const bool is_file = options.data != "synthetic" && options.data != "mnist";
  if (!options.test.empty() && !is_file)
    parsae::reject("--test", "an .npy file as --data, whose held-out samples it holds", "--data " + options.data);
  if (options.n_latents != 0) parsae::require_between("--latents", options.n_latents, Index{2}, Index{1} << 20);
  parsae::require_between("--batch", options.batch, Index{1}, Index{1} << 20);
  parsae::require_between("--samples", options.samples, options.batch, Index{1'000'000'000'000});
  parsae::require_between("--seeds", options.n_seeds, Index{1}, Index{100});
  for (const double rate : options.rates) parsae::require_between("--rates", rate, 1e-6, 1.0);
  detail::require_each_once("--rates", options.rates);
  if (!options.rates.empty() && options.wants_stored_rates)
    parsae::reject("--rates", "a search that begins there (leave --stored-rates out)", "--stored-rates");
  parsae::require_between("--threads", options.threads, 1, 4096);
  if (options.kernel_size.size() != 3)
    parsae::reject("--kernel-size", "three numbers: inputs,latents,samples", options.kernel_size.size());
  for (const Index size : options.kernel_size) parsae::require_between("--kernel-size", size, Index{1}, Index{1} << 24);
}

/// What can only be checked beside the data.
inline void check_targets(const Options& options, Index n_inputs) {
  const Index n_latents = options.latents_for(n_inputs);
  for (const double l0 : options.l0)
    if (l0 > static_cast<double>(n_latents))
      parsae::reject("--l0", "at most the number of latents, " + std::to_string(n_latents) + " (see --latents)", l0);
}

inline void add_options(CLI::App& app, Options& options, const std::vector<std::string>& known_rules) {
  app.description(
      "Which sparsity rule should I use?\n\n"
      "Trains sparse autoencoders with every rule at the same numbers of active latents (L0), with the same budget of "
      "samples\n"
      "and the same seeds, each rule at its own best learning rate: rates are tried on a grid with a step of 2, which "
      "grows at\n"
      "either end until the best lies inside (FVU, first seed). Rules whose sparsity is a penalty have its coefficient "
      "searched\n"
      "until L0 is within 3 % of the target. Both are chosen on validation samples, a tenth of the training samples. "
      "Then times the selection alone, against sorting.");
  app.footer(
      "Rules: " + detail::joined(known_rules) +
      "\n"
      "Figures, all on held-out samples with the rule's inference rule: FVU (fraction of variance unexplained), L0, "
      "dead and\n"
      "  under-used latents (density below a tenth of what Zipf's law expects at that rank), bits a sample (codes "
      "quantized\n"
      "  until the FVU is 5 % larger, entropy coded), and the true dictionary's recovery where it is known. / MC: the "
      "FVU over\n"
      "  that of mutual_choice at the same target, where that is among the rules.\n"
      "Examples:\n"
      "  allocators --quick                                a first look, under two minutes on two idle cores\n"
      "  allocators --out results                          everything, with a page of charts\n"
      "  allocators --data activations.npy --l0 16,32      your own activations: float32, a row a sample\n"
      "  allocators --data mnist --latents 2048 --rules mutual_choice,jumprelu --l0 8,16,32,64\n"
      "  allocators --kernels                              the selection alone");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", options.data,
                 "synthetic (a known dictionary of 512 directions in 64 dimensions), mnist (the cache, else a\n"
                 "download, else the small part that comes with parsae), or a two-dimensional .npy file");
  app.add_option("--test", options.test, "held-out samples for an .npy file; without it every tenth row is held out")
      ->default_str("");
  app.add_option("--rules", options.rules, "comma separated; without it: all")->delimiter(',')->default_str("");
  app.add_option("--l0", options.l0, "active latents a sample to aim at, comma separated")->delimiter(',');
  app.add_option("--latents,--n", options.n_latents, "without it: 8 times the inputs, at most 1024")->default_str("");
  app.add_option("--samples", options.samples, "to train on in each run");
  app.add_option("--batch", options.batch, "samples a step");
  app.add_option("--seeds", options.n_seeds, "at the best rate");
  app.add_option("--rates", options.rates, "learning rates at which each search begins; without it: around the stored")
      ->delimiter(',')
      ->default_str("");
  CLI::Option* search =
      app.add_flag("--search", options.wants_search, "search learning rates: the default without --quick");
  app.add_flag("--stored-rates", options.wants_stored_rates, "learning rates that were found on 64 inputs")
      ->excludes(search);
  app.add_option("--threads", options.threads, "threads; results do not depend on it, times do");
  app.add_option("--seed", options.seed, "the first seed; also of the data's split");
  CLI::Option* kernels = app.add_flag("--kernels", options.wants_kernels_alone, "the selection alone, no training");
  app.add_flag("--no-kernels", options.wants_no_kernels, "training alone, no timing of the selection")
      ->excludes(kernels);
  app.add_option("--kernel-size", options.kernel_size, "inputs,latents,samples of the selection")->delimiter(',');
  app.add_flag("--offline", options.is_offline, "never download MNIST");
  app.add_flag("--quick", options.is_quick,
               "few samples, two targets, two seeds, stored rates: a first look, not a measurement");
  add_options(app, options.files);
  app.add_flag("--quiet", options.is_quiet, "no progress line");
}

/// What was given decides what is left out.
inline void finish(const CLI::App& app, Options& options) {
  if (options.is_quick) {
    if (app.count("--l0") == 0) options.l0 = {8, 32};
    if (app.count("--samples") == 0) options.samples = 200'000;
    if (app.count("--seeds") == 0) options.n_seeds = 2;
  }
  options.files.finish();
  std::sort(options.l0.begin(), options.l0.end());
}

}  // namespace parsae_benchmarks
