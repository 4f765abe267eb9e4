// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "data_options.hpp"
#include "latent_count.hpp"
#include "nearest_name.hpp"
#include "rules.hpp"

namespace parsae_cli {

/// What `parsae train` was asked for. Lists make a sweep; 0 and empty lists mean: chosen by the data and the rule.
struct TrainOptions {
  DataOptions data;
  std::vector<std::string> eval_data{};
  std::vector<std::string> rules{"topk"};
  std::vector<double> ks{32};
  std::vector<std::string> latents{"8x"};
  std::vector<double> target_l0{};
  std::vector<double> l1{0.1};
  std::string budgets = "zipf";
  Index aux_k = -1;
  double aux_coefficient = 1.0 / 32;
  std::vector<std::uint64_t> seeds{1};
  Index steps = 0;
  Index samples = 0;
  double epochs = 0;
  Index batch = 0;
  std::vector<double> learning_rates{};
  double warmup = -1;
  double decay = 0.2;
  double clip = 0;
  Index dead_after = 0;
  Index checkpoint_every = 0;
  Index keep_checkpoints = 3;
  Index log_every = 0;
  int threads = parsae::Threads::available().count();
  std::string precision = "screened";
};

/// visit(name, value, effect, help) for every option of training, in the order of the help. What is stored in
/// config.json, compared on --resume and read from a configuration file is this list.
template <class Options, class Visit>
void visit_train_options(Options& o, const Visit& visit) {
  visit("--rule", o.rules, Effect::Result,
        "sparsity rule: topk, mutual_choice (= batch_topk), feature_choice, jumprelu, gated, relu");
  visit("-k", o.ks, Effect::Result,
        "active latents a sample: exactly (topk), on average (mutual_choice, feature_choice), aimed at (jumprelu)");
  visit("--latents", o.latents, Effect::Result,
        "size of the dictionary: a number, or a multiple of the inputs such as 8x");
  visit("--target-l0", o.target_l0, Effect::Result, "jumprelu: active latents a sample to aim at; without it -k");
  visit("--l1", o.l1, Effect::Result, "relu, gated: price of activity; higher is sparser");
  visit("--budgets", o.budgets, Effect::Result, "feature_choice: uniform, or zipf by the rank of a latent");
  visit("--aux-k", o.aux_k, Effect::Result,
        "topk, mutual_choice: dead latents a sample that learn from the residual; 0: none; -1: half the inputs");
  visit("--aux-coefficient", o.aux_coefficient, Effect::Result, "weight of that auxiliary loss");
  visit("--seed", o.seeds, Effect::Result,
        "of the starting values and of the shuffling (a sweep shuffles by its first)");
  visit("--steps", o.steps, Effect::Result, "how long to train; 0: see --samples");
  visit("--samples", o.samples, Effect::Result, "how long to train, in samples; 0: see --epochs");
  visit("--epochs", o.epochs, Effect::Result,
        "how long to train, in passes over the activations; 0: enough for the size");
  visit("--batch", o.batch, Effect::Result, "samples a step; 0: by the size");
  visit("--lr", o.learning_rates, Effect::Result, "peak learning rate of Adam; without it: by the rule and the size");
  visit("--warmup", o.warmup, Effect::Result, "share of the run over which the rate rises; -1: by the rule");
  visit("--decay", o.decay, Effect::Result, "share of the run, at its end, over which the rate falls to 0");
  visit("--clip", o.clip, Effect::Result, "clip gradients to this norm; 0: never");
  visit("--dead-after", o.dead_after, Effect::Result,
        "samples of silence after which a latent counts as dead; 0: by the length");
  visit("--eval-data", o.eval_data, Effect::Result,
        "held-out files to judge by; without it: a part of the training files");
  visit_data_options(o.data, visit);
  visit("--checkpoint-every", o.checkpoint_every, Effect::Running, "steps between checkpoints; 0: a tenth of the run");
  visit("--keep-checkpoints", o.keep_checkpoints, Effect::Running, "older ones are removed");
  visit("--log-every", o.log_every, Effect::Running, "steps between lines of metrics; 0: about 500 lines");
  visit("--threads", o.threads, Effect::Running, "results do not depend on it");
  visit("--precision", o.precision, Effect::Running,
        "screened or exact search for active latents: the same bits, another speed");
}

namespace detail {

template <class Value>
void require_list(const std::string& option, const std::vector<Value>& values) {
  if (values.empty()) parsae::reject(option, "at least one value", "none");
  if (std::set<Value>(values.begin(), values.end()).size() != values.size())
    parsae::reject(option, "each value once", "one of them twice");
}

inline void require_word(const std::string& option, const std::string& word, const std::vector<std::string>& words) {
  for (const std::string& each : words)
    if (each == word) return;
  parsae::reject(option, joined(words), "\"" + word + "\"" + did_you_mean(word, words));
}

inline void check_rule_options(const TrainOptions& options) {
  require_list("--rule", options.rules);
  for (const std::string& rule : options.rules) require_word("--rule", rule, rule_names());
  require_list("-k", options.ks);
  for (const double k : options.ks) parsae::require_positive("-k", k);
  require_list("--latents", options.latents);
  for (const std::string& latents : options.latents) static_cast<void>(LatentCount::parse(latents));
  if (!options.target_l0.empty()) require_list("--target-l0", options.target_l0);
  for (const double l0 : options.target_l0) parsae::require_positive("--target-l0", l0);
  require_list("--l1", options.l1);
  for (const double l1 : options.l1) parsae::require_not_negative("--l1", l1);
  require_word("--budgets", options.budgets, {"uniform", "zipf"});
  parsae::require_at_least("--aux-k", options.aux_k, Index{-1});
  parsae::require_not_negative("--aux-coefficient", options.aux_coefficient);
}

inline void check_length(const TrainOptions& options) {
  constexpr Index most = Index{1} << 48;
  parsae::require_between("--steps", options.steps, Index{0}, most);
  parsae::require_between("--samples", options.samples, Index{0}, most);
  parsae::require_between("--epochs", options.epochs, 0.0, 1e9);
  if ((options.steps > 0) + (options.samples > 0) + (options.epochs > 0) > 1)
    parsae::reject("--steps", "one of --steps, --samples and --epochs", "several");
  parsae::require_between("--batch", options.batch, Index{0}, Index{1} << 24);
}

}  // namespace detail

/// Refuses what cannot be trained, whatever the data; messages name the option.
inline void check(const TrainOptions& options) {
  check(options.data);
  detail::check_rule_options(options);
  detail::check_length(options);
  detail::require_list("--seed", options.seeds);
  for (const double rate : options.learning_rates) parsae::require_positive("--lr", rate);
  if (options.warmup != -1) parsae::require_between("--warmup", options.warmup, 0.0, 1.0);
  parsae::require_between("--decay", options.decay, 0.0, 1.0);
  parsae::require_not_negative("--clip", options.clip);
  parsae::require_at_least("--dead-after", options.dead_after, Index{0});
  parsae::require_at_least("--checkpoint-every", options.checkpoint_every, Index{0});
  parsae::require_between("--keep-checkpoints", options.keep_checkpoints, Index{2}, Index{1} << 20);
  parsae::require_at_least("--log-every", options.log_every, Index{0});
  parsae::require_between("--threads", options.threads, 1, 4096);
  detail::require_word("--precision", options.precision, {"screened", "exact"});
}

}  // namespace parsae_cli
