// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "model_files.hpp"

namespace parsae_examples::multilayer {

using parsae::Index;

/// What the command line asks for.
struct Options {
  std::filesystem::path model;      ///< empty: see model_files.hpp
  std::filesystem::path tokenizer;  ///< empty: beside the model
  bool uses_random_model = false;
  std::filesystem::path out = "out/multilayer";
  Index n_samples = 400'000;            ///< tokens of own text to train on
  Index n_held_out = 20'000;            ///< tokens of own text to judge by
  double passes = 5;                    ///< of a per-layer SAE over its samples
  double multilayer_passes = 3;         ///< of the multi-layer SAE over its tokens
  Index expansion = 8;                  ///< latents of a per-layer SAE, in widths of the stream
  Index multilayer_expansion = 16;      ///< latents of the multi-layer SAE, in widths of the stream
  std::vector<double> l0s{16, 8, 32};   ///< the first for every layer, the others for curve_layers
  std::vector<Index> curve_layers{-1};  ///< -1: the second layer and the last but one
  std::string standardization = "per_vector";
  std::uint64_t seed = 1;
  int threads = parsae::Threads::available().count();
  bool is_quick = false;
  bool is_quiet = false;
  bool resumes = false;

  [[nodiscard]] double main_l0() const { return l0s.front(); }
};

/// What --quick makes of the options that were not given.
inline void apply_quick(const CLI::App& app, Options& options) {
  const auto set = [&](const char* name, auto& option, const auto& value) {
    if (app.count(name) == 0) option = value;
  };
  if (!options.is_quick) return;
  set("--samples", options.n_samples, 40'000);
  set("--held-out", options.n_held_out, 6'000);
  set("--passes", options.passes, 3);
  set("--multilayer-passes", options.multilayer_passes, 1);
  set("--l0", options.l0s, std::vector<double>{options.l0s.front()});
}

/// Refuses what cannot be done with any model; messages name the option.
inline void check(const Options& options) {
  parsae::require_between("--samples", options.n_samples, Index{1'000}, Index{100'000'000});
  parsae::require_between("--held-out", options.n_held_out, Index{500}, Index{10'000'000});
  parsae::require_between("--expansion", options.expansion, Index{1}, Index{1024});
  parsae::require_between("--multilayer-expansion", options.multilayer_expansion, Index{1}, Index{1024});
  for (const auto& [name, passes] :
       {std::pair("--passes", options.passes), std::pair("--multilayer-passes", options.multilayer_passes)}) {
    parsae::require_positive(name, passes);
    parsae::require_between(name, passes, 0.0, 10'000.0);
  }
  if (options.l0s.empty()) parsae::reject("--l0", "at least one", "none");
  for (const double l0 : options.l0s)
    if (!(l0 >= 1 && l0 <= 4096 && l0 == std::floor(l0))) parsae::reject("--l0", "whole numbers, 1 to 4096", l0);
  if (std::set<double>(options.l0s.begin(), options.l0s.end()).size() != options.l0s.size())
    parsae::reject("--l0", "each once", "one twice");
  parsae::require_between("--threads", options.threads, 1, 4096);
  if (options.uses_random_model && !options.model.empty())
    parsae::reject("--random-model", "no --model beside it", options.model.string());
  if (options.model.empty() && !options.tokenizer.empty()) parsae::reject("--tokenizer", "a --model beside it", "none");
}

inline void add_options(CLI::App& app, Options& options) {
  app.description(
      "At which layers of a language model does a latent live, and what does the model lose with an SAE inside?\n\n"
      "Lets a llama2.c checkpoint write its own text, captures the residual stream behind every block, and trains on "
      "it\n"
      "one SAE for all layers (after arXiv 2409.04185) and SAEs for single layers by four sparsity rules at equal L0. "
      "Each\n"
      "reconstruction is put back into the model, and the cross-entropy is measured. Then latents in context, text "
      "that is\n"
      "steered by one, and the control vector for llama.cpp. Writes report.html, results.json, steering.gguf and "
      "saes/.");
  app.footer(std::string("Where the model comes from:\n") + where_to_get_models() +
             "\nExamples:\n"
             "  multilayer                                      the model in $PARSAE_TEST_DATA/language\n"
             "  multilayer --model stories15M.bin --tokenizer tokenizer.bin --samples 100000\n"
             "  multilayer --quick                              half a minute, to see what comes out\n"
             "  multilayer --random-model --quick               without any model at hand\n"
             "  multilayer --resume                             go on after Ctrl-C");
  app.option_defaults()->always_capture_default();
  app.add_option("--model", options.model, "checkpoint of llama2.c, version 0 or 1, in float32")
      ->always_capture_default(false);
  app.add_option("--tokenizer", options.tokenizer,
                 "its tokenizer file; without it: tok512.bin or tokenizer.bin beside the model")
      ->always_capture_default(false);
  app.add_flag("--random-model", options.uses_random_model,
               "a tiny model with random weights, made on the spot: what it says means nothing");
  app.add_option("--out", options.out, "folder for the results; made if missing");
  app.add_option("--samples", options.n_samples, "tokens of the model's own text to train on, 1000 to 1e8");
  app.add_option("--held-out", options.n_held_out, "tokens to judge by, 500 to 1e7; nothing is trained on them");
  app.add_option("--passes", options.passes, "of each per-layer SAE over the text, above 0; may be a fraction");
  app.add_option("--multilayer-passes", options.multilayer_passes, "of the multi-layer SAE over the text");
  app.add_option("--expansion", options.expansion, "latents of a per-layer SAE, in widths of the stream");
  app.add_option("--multilayer-expansion", options.multilayer_expansion,
                 "latents of the multi-layer SAE, in widths of the stream; the paper's default is 16");
  app.add_option("--l0", options.l0s,
                 "active latents a sample, comma separated: the first at every layer and for the multi-layer SAE, the\n"
                 "others at --curve-layers")
      ->delimiter(',');
  app.add_option("--curve-layers", options.curve_layers,
                 "layers with every --l0, counted from 0, comma separated; -1: the second and the last but one")
      ->delimiter(',');
  app.add_option("--standardization", options.standardization,
                 "of the multi-layer SAE's samples: per_vector (the paper's), per_layer or none")
      ->check(CLI::IsMember({"per_vector", "per_layer", "none"}));
  app.add_option("--seed", options.seed, "of the text and of every SAE");
  app.add_option("--threads", options.threads, "threads; results do not depend on it");
  app.add_flag("--quick", options.is_quick,
               "40,000 samples, 6,000 held out, 3 passes and 1, one --l0; options that are given count");
  app.add_flag("--quiet", options.is_quiet, "no progress bar");
  app.add_flag("--resume", options.resumes, "keep the SAEs that an interrupted run left in --out and train the rest");
}

}  // namespace parsae_examples::multilayer
