// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <limits>
#include <string>

#include "host.hpp"

namespace parsae_examples::multilayer {

/// What one SAE behind one layer does, on held-out text. The first position of each sequence, which no SAE is trained
/// on, is left as it is in the spliced runs and left out of the other figures; the ablations take every position.
struct LayerRow {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  Index layer = 0;
  std::string rule;
  Index n_latents = 0;
  double target_l0 = unknown;
  double l0 = unknown;
  double fvu = unknown;
  double dead_fraction = unknown;
  double delta_ce = unknown;             ///< nats a token: spliced minus clean
  double loss_recovered = unknown;       ///< of zero ablation
  double loss_recovered_mean = unknown;  ///< of mean ablation
};

/// Fills in what follows from the cross-entropy with the reconstruction in place.
inline void set_loss(LayerRow& row, double spliced, const Baselines& baselines) {
  const auto layer = static_cast<std::size_t>(row.layer);
  row.delta_ce = spliced - baselines.clean;
  row.loss_recovered = loss_recovered(baselines.clean, spliced, baselines.zero[layer]);
  row.loss_recovered_mean = loss_recovered(baselines.clean, spliced, baselines.mean[layer]);
}

}  // namespace parsae_examples::multilayer
