// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/gated_inference.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/allocators/tree_gated.hpp>
#include <parsae/model/autoencoder.hpp>

#include <variant>

namespace parsae::inline PARSAE_ABI {

/// An autoencoder whose rule is known at run time only, read from whatever file. Every activation is one of these once
/// it is trained: JumpReLU, Mutual Choice and Feature Choice are thresholds. `std::visit` gives back the type.
using AnyAutoencoder = std::variant<Autoencoder<ReLU<float>>, Autoencoder<TopK<float>>, Autoencoder<Threshold<float>>,
                                    Autoencoder<GatedInference<float>>, Autoencoder<TreeGated<float>>>;

/// The same model with its activation's inference rule for its activation: what encode() does, and no more of what
/// training needs. Throws std::invalid_argument where the activation has no inference rule yet.
template <class Act>
[[nodiscard]] auto with_inference_rule(const Autoencoder<Act>& model) {
  const auto rule = model.activation.inference();
  Autoencoder<std::remove_cvref_t<decltype(rule)>> result({.n_inputs = model.n_inputs(),
                                                           .n_latents = model.n_latents(),
                                                           .n_outputs = model.n_outputs(),
                                                           .decoder_norm = model.decoder.norm,
                                                           .centering = model.encoder.centering},
                                                          rule);
  result.encoder = model.encoder;
  result.decoder = model.decoder;
  result.input_scale = model.input_scale;
  result.output_scale = model.output_scale;
  return result;
}

}  // namespace parsae::inline PARSAE_ABI
