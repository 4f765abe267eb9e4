// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/train/train_progress.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

namespace detail {

/// The name that SAELens gives a term of the loss; "<name>_loss" where it has none.
[[nodiscard]] inline std::string loss_metric_name(std::string_view term) {
  if (term == "aux_k" || term == "aux_zipf" || term == "gate_reconstruction")
    return "losses/auxiliary_reconstruction_loss";
  if (term == "gate_l1") return "losses/l1_loss";
  return "losses/" + std::string(term) + "_loss";
}

}  // namespace detail

/// One step as a flat JSON object, under the names that SAELens logs: "step", "losses/overall_loss" and its terms,
/// "metrics/explained_variance" (1 - FVU of the batch), "metrics/l0", "sparsity/dead_features" (how many),
/// "details/current_learning_rate", "details/n_training_samples"; and "details/gradient_norm", "details/seconds".
/// Losses are sums over inputs and means over samples, of scaled inputs. Numbers that are not finite are null.
[[nodiscard]] inline nlohmann::ordered_json metrics_record(const TrainProgress& progress) {
  nlohmann::ordered_json record;
  const auto set = [&](std::string name, double value) {
    while (record.contains(name)) name += "'";  // two losses of one kind
    record[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  };
  record["step"] = progress.step;
  set("losses/overall_loss", progress.loss);
  for (const LossTerm& term : progress.terms) set(detail::loss_metric_name(term.name), term.value);
  set("metrics/explained_variance", 1 - progress.fvu);
  set("metrics/l0", progress.l0);
  record["sparsity/dead_features"] = progress.n_dead;
  set("details/current_learning_rate", progress.learning_rate);
  record["details/n_training_samples"] = progress.samples;
  set("details/gradient_norm", progress.gradient_norm);
  set("details/seconds", progress.seconds);
  return record;
}

}  // namespace parsae::inline PARSAE_ABI
