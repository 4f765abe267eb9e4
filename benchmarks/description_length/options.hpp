// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <measure/result_files.hpp>
#include <mnist_mdl/mnist_sources.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "family_search.hpp"

namespace parsae_benchmarks::description_length {

/// What the command line asks for.
struct Options {
  std::string data;  ///< empty: the language model's residual stream where it is, else mnist
  std::filesystem::path test;
  std::vector<std::string> families;  ///< empty: all
  std::vector<double> fvu;            ///< empty: by the data
  Index n_latents = 0;                ///< 0: by the data
  Index samples = 1'500'000;
  Index batch = 1024;
  Index n_seeds = 3;
  bool wants_stored_rates = false;
  int threads = parsae::Threads::available().count();
  std::uint64_t seed = 1;
  ResultFiles files;
  bool is_offline = false;
  bool is_quick = false;
  bool is_quiet = false;

  [[nodiscard]] parsae_examples::ProgressBar::Style progress_style() const {
    using Style = parsae_examples::ProgressBar::Style;
    return is_quiet ? Style::Quiet : Style::Auto;
  }
  [[nodiscard]] Index latents_for(Index n_inputs) const {
    return n_latents > 0 ? n_latents : std::min<Index>(8 * n_inputs, 1024);
  }
  [[nodiscard]] DataSettings data_settings() const {
    return {.data = data, .test = test, .is_offline = is_offline, .seed = seed, .threads = parsae::Threads(threads)};
  }
  [[nodiscard]] FamilySearch::Settings search_settings() const {
    return {.searches_rates = !wants_stored_rates && !is_quick, .n_seeds = n_seeds};
  }
};

/// Where activations of a language model are looked for: beside the cache of MNIST, residual3_train.npy and
/// residual3_test.npy. Empty when there is no such place.
[[nodiscard]] inline std::filesystem::path language_folder() {
  const std::filesystem::path mnist = parsae_examples::mnist_cache_folder();
  return mnist.empty() ? mnist : mnist.parent_path() / "language";
}

/// Refuses what cannot be compared; messages name the option.
inline void check(const Options& options, const std::vector<Family>& families) {
  std::string names;
  for (const Family& family : families) names += (names.empty() ? "" : ", ") + family.name;
  for (const std::string& name : options.families)
    if (std::none_of(families.begin(), families.end(), [&](const Family& family) { return family.name == name; }))
      parsae::reject("--families", "names out of " + names, name);
  for (const double fvu : options.fvu) parsae::require_between("--fvu", fvu, 1e-4, 1.0);
  if (std::set<double>(options.fvu.begin(), options.fvu.end()).size() != options.fvu.size())
    parsae::reject("--fvu", "each value once", "one of them twice");
  const bool is_file = !options.data.empty() && options.data != "synthetic" && options.data != "mnist";
  if (!options.test.empty() && !is_file)
    parsae::reject("--test", "an .npy file as --data, whose held-out samples it holds", "--data " + options.data);
  if (options.n_latents != 0) parsae::require_between("--n", options.n_latents, Index{2}, Index{1} << 20);
  parsae::require_between("--batch", options.batch, Index{1}, Index{1} << 20);
  parsae::require_between("--samples", options.samples, options.batch, Index{1'000'000'000'000});
  parsae::require_between("--seeds", options.n_seeds, Index{1}, Index{100});
  parsae::require_between("--threads", options.threads, 1, 4096);
}

inline void add_options(CLI::App& app, Options& options, const std::vector<Family>& families) {
  std::string names;
  for (const Family& family : families) names += (names.empty() ? "" : ", ") + family.name;
  app.description(
      "How many bits does a code take, at equal error?\n\n"
      "Trains JumpReLU on L0 at a coefficient and on the bits of its code (MDL), and TopK and Mutual Choice beside it, "
      "over a\n"
      "grid of operating points, and measures each as a message: codes quantized as coarsely as a higher FVU (2.5 to "
      "20 "
      "%) allows, each\n"
      "latent's presence and value entropy coded. Bits at equal FVU are interpolated between the two operating points "
      "around it.\n"
      "Each family has its own learning rate for each FVU: rates are tried on a grid with a step of 2, which grows at "
      "either end\n"
      "until the best lies inside, by the bits of validation samples, a tenth of the training samples.");
  app.footer("Families: " + names +
             "\n"
             "Examples:\n"
             "  description_length --quick                         a first look, under a minute on two idle cores\n"
             "  description_length --out results                   everything, with a page of charts\n"
             "  description_length --data activations.npy --fvu 0.1,0.2   your own activations: float32, a row a "
             "sample\n"
             "  description_length --families jumprelu_l0,jumprelu_mdl --seeds 5");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", options.data,
                 "synthetic, mnist, or a two-dimensional .npy file; without it residual3_train.npy (and\n"
                 "residual3_test.npy) in the folder parsae/language of the user's cache, and mnist without that")
      ->default_str("");
  app.add_option("--test", options.test, "held-out samples for an .npy file; without it a tenth of it is held out")
      ->default_str("");
  app.add_option("--families", options.families, "comma separated; without it: all")->delimiter(',')->default_str("");
  app.add_option("--fvu", options.fvu,
                 "where to compare, comma separated: fraction of variance unexplained, after quantizing;\n"
                 "without it 0.03,0.06,0.1, on mnist 0.1,0.15,0.2")
      ->delimiter(',')
      ->default_str("");
  app.add_option("--n", options.n_latents, "latents; without it: 8 times the inputs, at most 1024")->default_str("");
  app.add_option("--samples", options.samples, "to train on in each run");
  app.add_option("--batch", options.batch, "samples a step");
  app.add_option("--seeds", options.n_seeds, "at the best rate");
  app.add_flag("--stored-rates", options.wants_stored_rates, "learning rates that were found on 64 inputs: no search");
  app.add_option("--threads", options.threads, "threads; results do not depend on it");
  app.add_option("--seed", options.seed, "the first seed; also of the data's split");
  app.add_flag("--offline", options.is_offline, "never download MNIST");
  app.add_flag("--quick", options.is_quick,
               "few samples, one FVU, one seed, stored rates: a first look, not a measurement");
  add_options(app, options.files);
  app.add_flag("--quiet", options.is_quiet, "no progress line");
}

/// What was given decides what is left out.
inline void finish(const CLI::App& app, Options& options) {
  if (options.data.empty()) {
    const std::filesystem::path folder = language_folder();
    const std::filesystem::path train = folder / "residual3_train.npy";
    const std::filesystem::path test = folder / "residual3_test.npy";
    const bool has_language = !folder.empty() && std::filesystem::exists(train);
    options.data = has_language ? train.string() : "mnist";
    if (has_language && options.test.empty() && std::filesystem::exists(test)) options.test = test;
  }
  if (options.is_quick) {
    if (app.count("--samples") == 0) options.samples = 150'000;
    if (app.count("--seeds") == 0) options.n_seeds = 1;
  }
  if (options.fvu.empty()) {
    if (options.data == "mnist")
      options.fvu = options.is_quick ? std::vector<double>{0.2} : std::vector<double>{0.1, 0.15, 0.2};
    else
      options.fvu = options.is_quick ? std::vector<double>{0.1} : std::vector<double>{0.03, 0.06, 0.1};
  }
  options.files.finish();
  std::sort(options.fvu.begin(), options.fvu.end());
}

}  // namespace parsae_benchmarks::description_length
