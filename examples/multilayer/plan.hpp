// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "training.hpp"

namespace parsae_examples::multilayer {

/// One SAE of the comparison of rules.
struct PlannedSae {
  Index layer = 0;
  std::string rule;
  double l0 = 0;

  [[nodiscard]] std::string name() const {
    return "layer" + std::to_string(layer) + "_" + rule + "_l0_" + std::to_string(std::llround(l0));
  }
};

/// --curve-layers for a model: -1 is the second layer and the last but one.
[[nodiscard]] inline std::vector<Index> curve_layers(const Options& options, Index n_layers) {
  std::vector<Index> layers;
  const auto add = [&](Index layer) {
    parsae::require_between("--curve-layers", layer, Index{0}, n_layers - 1);
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
  };
  for (const Index layer : options.curve_layers) {
    if (layer != -1) {
      add(layer);
      continue;
    }
    add(std::min<Index>(1, n_layers - 1));
    add(std::max<Index>(n_layers - 2, 0));
  }
  std::sort(layers.begin(), layers.end());
  return layers;
}

/// The first L0 at every layer, then the others at the curve layers.
[[nodiscard]] inline std::vector<PlannedSae> planned_saes(const Options& options, Index n_layers) {
  std::vector<PlannedSae> plan;
  for (Index layer = 0; layer < n_layers; ++layer)
    for (const std::string_view rule : rules) plan.push_back({layer, std::string(rule), options.main_l0()});
  for (const Index layer : curve_layers(options, n_layers))
    for (std::size_t i = 1; i < options.l0s.size(); ++i)
      for (const std::string_view rule : rules) plan.push_back({layer, std::string(rule), options.l0s[i]});
  return plan;
}

/// What decides the bits of the SAEs of a run, besides their names.
[[nodiscard]] inline nlohmann::ordered_json store_settings(const Options& options, const std::string& model_checksum) {
  return {{"model", model_checksum},
          {"samples", options.n_samples},
          {"passes", options.passes},
          {"multilayer_passes", options.multilayer_passes},
          {"expansion", options.expansion},
          {"multilayer_expansion", options.multilayer_expansion},
          {"l0", options.main_l0()},
          {"standardization", options.standardization},
          {"seed", options.seed}};
}

}  // namespace parsae_examples::multilayer
