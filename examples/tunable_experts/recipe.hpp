// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <vector>

#include "training.hpp"

namespace parsae_experts {

/// What stage 2 may change on its way to refusing.
enum class StageTwo { RoutersAndExperts, LastTwoLayers, Unrestricted };

inline constexpr std::array<StageTwo, 3> all_stage_twos{StageTwo::RoutersAndExperts, StageTwo::LastTwoLayers,
                                                        StageTwo::Unrestricted};

[[nodiscard]] inline std::string name_of(StageTwo stage) {
  if (stage == StageTwo::RoutersAndExperts) return "routers_and_experts";
  return stage == StageTwo::LastTwoLayers ? "last_two_layers" : "unrestricted";
}

[[nodiscard]] inline Trained trained_in(StageTwo stage, Index n_layers) {
  if (stage == StageTwo::Unrestricted) return {};
  const Index from = stage == StageTwo::LastTwoLayers ? std::max(n_layers - 2, Index{0}) : -1;
  return {{Part::Router, Part::Experts}, from};
}

/// How networks are trained and judged.
struct Recipe {
  double stage1_epochs = 2.5;  ///< over all training images; above 0
  double stage1_learning_rate = 3e-3;
  double stage2_epochs = 4;      ///< over stage2_images; above 0
  Index stage2_images = 10'000;  ///< >= 1; fewer if there are fewer
  double stage2_learning_rate = 2e-3;
  Index contrast_images = 1000;   ///< training images, with and without marker; >= 1
  Index validation_images = 500;  ///< >= 1
  Index test_images = 800;        ///< with and without marker; >= 1
  std::vector<Index> counts{1, 2, 5, 10, 20, 40};
  std::vector<Index> stimulated_counts{1, 2, 5, 10};
  Index main_count = 10;    ///< the count whose controls have all draws
  Index n_draws = 30;       ///< >= 1
  Index n_band_draws = 1;   ///< of the controls at other counts; >= 1
  Index sae_latents = 256;  ///< as many as there are experts, so that a name costs as many bits
  Index sae_k = 16;
  double sae_epochs = 15;
  std::vector<double> sae_marked_shares{0.5, 0.1};  ///< validation images choose; each above 0 and below 1
  parsae::Threads threads{1};
};

}  // namespace parsae_experts
