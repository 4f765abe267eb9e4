// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/autoencoder.hpp>
#include <parsae/steering/intervention.hpp>

namespace parsae::inline PARSAE_ABI {

/// SuppressionPolicy::MaskLogit for latents: the model whose suppressed latents have the pre-activation -1 in every
/// sample, so that no rule chooses them and, where a rule keeps a number of latents, the next best moves in. The
/// dictionary stays as it is. Throws std::invalid_argument when the intervention is for another number of latents, has
/// another policy or stimulates.
template <class Act>
[[nodiscard]] Autoencoder<Act> mask_latents(Autoencoder<Act> model, const Intervention& intervention) {
  require_shape("mask_latents units", intervention.n_units(), 1, model.n_latents(), 1);
  if (intervention.settings().policy != SuppressionPolicy::MaskLogit)
    reject("mask_latents policy", "MaskLogit (steer_code takes activations away after the choice)", "ZeroWeight");
  if (intervention.count(Treatment::Stimulate) > 0)
    reject("mask_latents stimulated latents", "none (steer_code stimulates)", intervention.count(Treatment::Stimulate));
  for (Index latent = 0; latent < model.n_latents(); ++latent) {
    if (intervention[latent] != Treatment::Suppress) continue;
    model.encoder.w_enc.col(latent).setZero();
    model.encoder.b_enc[latent] = -1;
  }
  return model;
}

}  // namespace parsae::inline PARSAE_ABI
