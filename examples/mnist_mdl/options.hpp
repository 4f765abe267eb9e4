// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "trained_sae.hpp"

namespace parsae_examples {

/// What the command line asks for.
struct Options {
  std::filesystem::path data;
  std::filesystem::path out = "out/mnist_mdl";
  std::vector<Index> widths{32, 64, 128, 256, 512, 1024, 2048};
  std::vector<Index> ks{1, 2, 3, 4, 6, 8, 16, 32, 64};
  std::vector<double> bounds{0.40, 0.30, 0.35, 0.45, 0.50};
  Index n_seeds = 1;
  std::string objective = "fvu";  ///< "fvu" or "mdl"
  Index bit_steps = 860;          ///< training steps of an SAE that is trained on bits
  Recipe recipe;
  bool is_offline = false;
  bool is_quiet = false;
  bool resumes = false;

  [[nodiscard]] bool trains_on_bits() const { return objective == "mdl"; }
};

namespace detail {

template <class Value>
[[nodiscard]] bool has_duplicates(const std::vector<Value>& values) {
  return std::set<Value>(values.begin(), values.end()).size() != values.size();
}

}  // namespace detail

/// Refuses what no grid can be made of; messages name the option.
inline void check(const Options& options) {
  if (options.widths.empty()) parsae::reject("--widths", "at least one", "none");
  if (options.ks.empty()) parsae::reject("--ks", "at least one", "none");
  if (options.bounds.empty()) parsae::reject("--eps", "at least one", "none");
  for (const Index width : options.widths) parsae::require_between("--widths", width, Index{2}, Index{1} << 16);
  for (const Index k : options.ks) parsae::require_between("--ks", k, Index{1}, Index{784});
  for (const double eps : options.bounds)
    if (!(eps > 0 && eps < 1)) parsae::reject("--eps", "bounds between 0 and 1", eps);
  if (detail::has_duplicates(options.widths)) parsae::reject("--widths", "each width once", "a width twice");
  if (detail::has_duplicates(options.ks)) parsae::reject("--ks", "each k once", "a k twice");
  if (detail::has_duplicates(options.bounds)) parsae::reject("--eps", "each bound once", "a bound twice");
  if (*std::min_element(options.ks.begin(), options.ks.end()) >
      *std::max_element(options.widths.begin(), options.widths.end()))
    parsae::reject("--ks", "a k of at most the largest width", *std::min_element(options.ks.begin(), options.ks.end()));
  parsae::require_between("--seeds", options.n_seeds, Index{1}, Index{1000});
  parsae::require_between("--mdl-steps", options.bit_steps, Index{1}, Index{1} << 24);
  parsae::require_positive("--epochs", options.recipe.epochs);
  parsae::require_between("--epochs", options.recipe.epochs, 0.0, 10000.0);
  parsae::require_positive("--learning-rate", options.recipe.learning_rate);
  parsae::require_between("--batch", options.recipe.batch_size, Index{1}, Index{60000});
  parsae::require_between("--threads", options.recipe.threads, 1, 4096);
}

inline void add_options(CLI::App& app, Options& options) {
  options.recipe.threads = parsae::Threads::available().count();
  app.description(
      "Which sparse autoencoder explains handwritten digits in the fewest bits?\n\n"
      "Trains an SAE for every width and k, then finds for each the shortest message - dictionary, shared by all "
      "training\n"
      "images, and codes - from which the held-out digits can be reconstructed with an FVU (fraction of variance "
      "unexplained)\n"
      "of at most eps. Writes report.html, results.json, results.csv and metrics.jsonl.");
  app.footer(
      "Examples:\n"
      "  mnist_mdl                                the default grid, one seed\n"
      "  mnist_mdl --seeds 3                      with the spread over seeds\n"
      "  mnist_mdl --objective mdl                training on bits, beside the grid without its ends\n"
      "  mnist_mdl --widths 64,128 --ks 2,4,8     a smaller grid\n"
      "  mnist_mdl --resume                       go on after Ctrl-C");
  app.option_defaults()->always_capture_default();
  app.add_option(
         "--data", options.data,
         "folder with the four MNIST files (IDX, plain or .gz); without it: the cache, else a download, else the\n"
         "small subset that comes with parsae")
      ->always_capture_default(false);
  app.add_flag("--offline", options.is_offline, "never download");
  app.add_option("--out", options.out, "folder for the results; made if missing");
  app.add_option("--widths", options.widths, "numbers of latents, 2 to 65536, comma separated")->delimiter(',');
  app.add_option("--ks", options.ks,
                 "active latents an image, 1 to 784, comma separated; a k above a width is left out of that width")
      ->delimiter(',');
  app.add_option("--eps", options.bounds,
                 "bounds on the FVU of held-out digits, 0 to 1, comma separated; the first leads the page")
      ->delimiter(',');
  app.add_option("--seeds", options.n_seeds, "trains the grid with seeds 1 to N");
  app.add_option(
         "--objective", options.objective,
         "fvu: the grid; mdl: also trains JumpReLU on the bits of its code, from eps alone, with three seeds at\n"
         "the first eps and one at the others, and writes their messages as files. Then the grid is by default\n"
         "that where the fewest bits were ever found: widths 64 to 512, k up to 16")
      ->check(CLI::IsMember({"fvu", "mdl"}));
  app.add_option("--mdl-steps", options.bit_steps, "training steps, of 256 images, of an SAE that is trained on bits");
  app.add_option("--activation", options.recipe.activation,
                 "sparsity rule: top_k (k for every image) or mutual_choice (k on average)")
      ->check(CLI::IsMember({"top_k", "mutual_choice"}));
  app.add_option("--epochs", options.recipe.epochs,
                 "passes over the training images, above 0 and at most 10000; may be a fraction");
  app.add_option("--learning-rate", options.recipe.learning_rate, "Adam's, at its peak; above 0");
  app.add_option("--batch", options.recipe.batch_size, "images a step");
  app.add_option("--threads", options.recipe.threads, "threads; results do not depend on it");
  app.add_flag("--quiet", options.is_quiet, "no progress bar");
  app.add_flag("--resume", options.resumes, "keep the SAEs that an interrupted run left in --out and train the rest");
}

/// The grid that goes with the objective, where the command line asks for none.
inline void settle_grid(const CLI::App& app, Options& options) {
  if (!options.trains_on_bits()) return;
  if (app.count("--widths") == 0) options.widths = {64, 128, 256, 512};
  if (app.count("--ks") == 0) options.ks = {1, 2, 3, 4, 6, 8, 16};
}

}  // namespace parsae_examples
