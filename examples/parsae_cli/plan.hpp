// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/optim/schedule.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "text.hpp"
#include "train_options.hpp"

namespace parsae_cli {

/// How one SAE is trained: nothing is left open.
struct SaePlan {
  std::string rule;
  double k = 32;  ///< target of L0 for jumprelu; not of relu and gated
  double l1 = 0;  ///< relu and gated alone
  Index n_latents = 0;
  std::uint64_t seed = 1;
  double learning_rate = 0;
  Index warmup_steps = 0;
  std::string folder;  ///< below --out in a sweep, else empty

  [[nodiscard]] bool has_price() const { return rule == "relu" || rule == "gated"; }
};

/// How a run trains, with one SAE or many on the same batches.
struct TrainPlan {
  Index n_inputs = 0;
  Index n_rows = 0;  ///< of the activations, before rows are left out
  Index batch = 0;
  Index steps = 0;
  Index dead_after = 0;
  Index checkpoint_every = 0;
  Index log_every = 0;
  std::vector<SaePlan> saes;

  [[nodiscard]] Index samples() const { return steps * batch; }
  [[nodiscard]] double epochs() const { return static_cast<double>(samples()) / static_cast<double>(n_rows); }
  [[nodiscard]] bool is_sweep() const { return saes.size() > 1; }
};

namespace detail {

/// Samples that train a dictionary of this size well: one pass at least; below that 2000 a latent and never under 1.5
/// million, but no more than a hundred passes, after which small data says nothing new.
[[nodiscard]] inline Index default_samples(Index n_rows, Index n_latents) {
  const double wanted = std::max(1.5e6, 2000.0 * static_cast<double>(n_latents));
  const double most = 100.0 * static_cast<double>(n_rows);
  return std::max(n_rows, static_cast<Index>(std::min(wanted, most)));
}

/// Larger dictionaries want larger batches, which share the optimizer's pass over the weights.
[[nodiscard]] inline Index batch_for(Index n_latents) {
  return n_latents > 32768 ? 4096 : n_latents > 8192 ? 2048 : 1024;
}

/// Short runs want smaller batches, for the sake of 1000 steps.
[[nodiscard]] inline Index default_batch(Index samples, Index n_latents) {
  Index batch = batch_for(n_latents);
  while (batch > 32 && samples / batch < 1000) batch /= 2;
  return batch;
}

/// The best rates of the rules on 64 inputs at batches of 1024, as `benchmarks/run allocators` finds them. Entries of a
/// unit column shrink with the root of the inputs, and Adam's steps have to as well; noise shrinks with the root of
/// the batch.
[[nodiscard]] inline double default_learning_rate(const std::string& rule, Index n_inputs, Index batch) {
  const double at_64 = rule == "jumprelu" || rule == "relu" ? 3.2e-2 : 1.6e-2;
  const double by_batch = std::min(std::sqrt(static_cast<double>(batch) / 1024), 1.0);
  return at_64 * by_batch * std::sqrt(64 / std::max(static_cast<double>(n_inputs), 64.0));
}

/// "topk-k32-n512-seed1", with the learning rate where several are tried.
[[nodiscard]] inline std::string folder_name(const SaePlan& sae, bool has_rates) {
  std::string name = sae.rule + (sae.has_price() ? "-l1_" + number_text(sae.l1) : "-k" + number_text(sae.k)) + "-n" +
                     std::to_string(sae.n_latents) + "-seed" + std::to_string(sae.seed);
  return has_rates ? name + "-lr" + number_text(sae.learning_rate) : name;
}

[[nodiscard]] inline const std::vector<double>& sparsities(const TrainOptions& options, const std::string& rule) {
  if (rule == "relu" || rule == "gated") return options.l1;
  return rule == "jumprelu" && !options.target_l0.empty() ? options.target_l0 : options.ks;
}

/// Every combination of rule, sparsity, size, seed and learning rate; sizes that two words name are taken once.
[[nodiscard]] inline std::vector<SaePlan> plan_saes(const TrainOptions& options, Index n_inputs) {
  std::vector<SaePlan> saes;
  std::vector<double> rates = options.learning_rates;
  if (rates.empty()) rates = {0};
  std::set<Index> sizes;
  for (const std::string& latents : options.latents) sizes.insert(LatentCount::parse(latents).of(n_inputs));
  std::set<std::string> rules;
  for (const std::string& rule : options.rules) {
    if (!rules.insert(canonical_rule(rule)).second) continue;
    for (const double sparsity : sparsities(options, canonical_rule(rule)))
      for (const Index n_latents : sizes)
        for (const std::uint64_t seed : options.seeds)
          for (const double rate : rates) {
            SaePlan sae{.rule = canonical_rule(rule),
                        .n_latents = n_latents,
                        .seed = seed,
                        .learning_rate = rate,
                        .folder = {}};
            (sae.has_price() ? sae.l1 : sae.k) = sparsity;
            saes.push_back(sae);
          }
  }
  return saes;
}

inline void check_sparsity(const SaePlan& sae) {
  if (sae.has_price()) return;
  if (sae.rule == "topk" && sae.k != std::floor(sae.k)) parsae::reject("-k", "a whole number for topk", sae.k);
  if (sae.k > static_cast<double>(sae.n_latents))
    parsae::reject("-k", "at most the number of latents, " + std::to_string(sae.n_latents) + " (see --latents)", sae.k);
}

}  // namespace detail

/// What the options leave open is chosen by the size of the data. Throws UsageError where options and data disagree.
/// \param n_rows  samples in all files
[[nodiscard]] inline TrainPlan make_plan(const TrainOptions& options, Index n_inputs, Index n_rows) {
  TrainPlan plan{.n_inputs = n_inputs, .n_rows = n_rows, .saes = detail::plan_saes(options, n_inputs)};
  Index n_latents = 0;
  for (const SaePlan& sae : plan.saes) {
    check_usage([&] { detail::check_sparsity(sae); });
    n_latents = std::max(n_latents, sae.n_latents);
  }
  Index samples = options.samples;
  if (options.epochs > 0) samples = static_cast<Index>(std::ceil(options.epochs * static_cast<double>(n_rows)));
  if (samples == 0) samples = detail::default_samples(n_rows, n_latents);
  plan.batch = options.batch > 0 ? options.batch : detail::default_batch(samples, n_latents);
  if (options.steps > 0 && options.batch == 0) plan.batch = detail::batch_for(n_latents);
  plan.steps = options.steps > 0 ? options.steps : parsae::divide_up(samples, plan.batch);
  // A fifteenth of the run, as in the comparison of rules; a million samples are silence enough in any run.
  plan.dead_after = options.dead_after > 0
                        ? options.dead_after
                        : std::clamp(plan.samples() / 15, plan.batch, std::max(plan.batch, Index{1'000'000}));
  plan.checkpoint_every = options.checkpoint_every > 0 ? options.checkpoint_every : std::max<Index>(plan.steps / 10, 1);
  plan.log_every = options.log_every > 0 ? options.log_every : std::max<Index>(plan.steps / 500, 1);
  for (SaePlan& sae : plan.saes) {
    // JumpReLU: latents that overshoot before thresholds have settled stay dead.
    const double warmup = options.warmup >= 0 ? options.warmup : sae.rule == "jumprelu" ? 0.25 : 0.1;
    sae.warmup_steps = static_cast<Index>(warmup * static_cast<double>(plan.steps));
    if (sae.learning_rate == 0) sae.learning_rate = detail::default_learning_rate(sae.rule, n_inputs, plan.batch);
    if (plan.is_sweep()) sae.folder = detail::folder_name(sae, options.learning_rates.size() > 1);
  }
  return plan;
}

}  // namespace parsae_cli
