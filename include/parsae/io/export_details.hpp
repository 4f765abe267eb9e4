// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <nlohmann/json.hpp>

namespace parsae::inline PARSAE_ABI {

/// What other programs' files want to know of an autoencoder beside its weights.
struct ExportDetails {
  /// Where the activations come from, in the names of the dialect, such as "model_name", "hook_name": a JSON object.
  nlohmann::ordered_json metadata = nlohmann::ordered_json::object();
  /// n_latents: share of samples in which each latent is active, as evaluate() measures it; empty: not known.
  Vector<double> density{};
};

}  // namespace parsae::inline PARSAE_ABI
