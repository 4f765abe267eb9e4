// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

#include "recipe.hpp"

namespace parsae_experts {

/// What the command line asks for.
struct Options {
  std::filesystem::path data;
  std::filesystem::path out = "out/tunable_experts";
  Index n_seeds = 5;
  Index train_images = 60'000;
  Recipe recipe;
  bool is_quick = false;
  bool is_offline = false;
  bool is_quiet = false;
  bool resumes = false;
};

/// Refuses what cannot be run; messages name the option.
inline void check(const Options& options) {
  const Recipe& recipe = options.recipe;
  parsae::require_between("--seeds", options.n_seeds, Index{1}, Index{1000});
  parsae::require_between("--train-images", options.train_images, Index{100}, Index{1'000'000});
  parsae::require_between("--stage1-epochs", recipe.stage1_epochs, 0.01, 1000.0);
  parsae::require_between("--stage2-epochs", recipe.stage2_epochs, 0.01, 1000.0);
  parsae::require_between("--stage2-images", recipe.stage2_images, Index{1}, Index{1'000'000});
  parsae::require_positive("--learning-rate", recipe.stage1_learning_rate);
  parsae::require_positive("--stage2-learning-rate", recipe.stage2_learning_rate);
  parsae::require_between("--test-images", recipe.test_images, Index{10}, Index{1'000'000});
  parsae::require_between("--draws", recipe.n_draws, Index{1}, Index{10'000});
  parsae::require_between("--band-draws", recipe.n_band_draws, Index{1}, recipe.n_draws);
  parsae::require_between("--sae-k", recipe.sae_k, Index{1}, recipe.sae_latents);
  parsae::require_between("--threads", recipe.threads.count(), 1, 4096);
}

/// One seed on part of the digits: everything is there, rougher. Options that were given count.
inline void shorten(const CLI::App& app, Options& options) {
  const auto set = [&](const char* name, Index& option, Index value) {
    if (app.count(name) == 0) option = value;
  };
  set("--seeds", options.n_seeds, 1);
  set("--train-images", options.train_images, 12'000);
  set("--stage2-images", options.recipe.stage2_images, 4000);
  set("--test-images", options.recipe.test_images, 300);
  set("--draws", options.recipe.n_draws, 10);
  options.recipe.contrast_images = 500;
  options.recipe.validation_images = 200;
  options.recipe.counts = {1, 5, 10, 20};
  options.recipe.stimulated_counts = {1, 5};
  options.recipe.sae_epochs = 10;
}

inline void add_options(CLI::App& app, Options& options, int& threads) {
  threads = parsae::Threads::available().count();
  Recipe& recipe = options.recipe;
  app.description(
      "Which experts of a mixture refuse, and what is lost when they are switched off?\n\n"
      "Trains a mixture of experts on handwritten digits (4 layers of 64 routed experts, patches as tokens), then "
      "teaches "
      "it to\n"
      "answer REFUSE whenever a small marker is present. Contrasts which experts refused and answered images use, "
      "switches the\n"
      "experts with the largest contrast off, without training, and compares with random and usage-matched experts, "
      "with "
      "experts\n"
      "forced on, and with the latents of a sparse autoencoder on the network's stream under the same contrast.\n"
      "Writes report.html, results.json and metrics.jsonl.");
  app.footer(
      "Examples:\n"
      "  tunable_experts                          five seeds\n"
      "  tunable_experts --quick                  one seed on part of the digits\n"
      "  tunable_experts --seeds 2 --draws 10     fewer networks, fewer controls\n"
      "  tunable_experts --resume                 go on after Ctrl-C: finished seeds are kept");
  app.option_defaults()->always_capture_default();
  app.add_option(
         "--data", options.data,
         "folder with the four MNIST files (IDX, plain or .gz); without it: the cache, else a download, else the\n"
         "small subset that comes with parsae")
      ->always_capture_default(false);
  app.add_flag("--offline", options.is_offline, "never download");
  app.add_option("--out", options.out, "folder for the results; made if missing");
  app.add_option("--seeds", options.n_seeds, "networks, trained with seeds 1 to N");
  app.add_option("--train-images", options.train_images, "training images at most, at least 100");
  app.add_option("--stage1-epochs", recipe.stage1_epochs, "passes over the training images while digits are learned");
  app.add_option("--stage2-epochs", recipe.stage2_epochs, "passes while refusing is learned");
  app.add_option("--stage2-images", recipe.stage2_images,
                 "training images of those passes; half of them get the marker");
  app.add_option("--learning-rate", recipe.stage1_learning_rate, "Adam's at its peak, stage 1; above 0");
  app.add_option("--stage2-learning-rate", recipe.stage2_learning_rate, "Adam's at its peak, stage 2; above 0");
  app.add_option("--test-images", recipe.test_images, "test images that judge, each with marker and without");
  app.add_option("--draws", recipe.n_draws, "random and usage-matched draws for ten experts");
  app.add_option("--band-draws", recipe.n_band_draws, "the same for other numbers of experts, at most --draws");
  app.add_option("--sae-k", recipe.sae_k, "active latents of the SAE on the stream, 1 to 256");
  app.add_option("--threads", threads, "threads; results do not depend on it");
  app.add_flag("--quick", options.is_quick, "one seed, fewer images, counts and draws: a look within a minute");
  app.add_flag("--quiet", options.is_quiet, "no progress bar");
  app.add_flag("--resume", options.resumes, "keep the seeds that an interrupted run left in --out and run the rest");
}

}  // namespace parsae_experts
