// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/autoencoder.hpp>

#include <language/stream_hook.hpp>

#include <cmath>

namespace parsae_examples {

/// What an activation of 1 of a latent adds to a reconstruction: its decoder column in the units of the stream.
template <class Act>
[[nodiscard]] parsae::Vector<float> latent_direction(const parsae::Autoencoder<Act>& sae, Index latent) {
  parsae::require_between("steering latent", latent, Index{0}, sae.n_latents() - 1);
  return sae.decoder.w_dec.col(latent) / sae.output_scale;
}

/// Adds `strength` times a direction to every column behind block `layer`: x += strength * direction. What llama.cpp
/// does with a control vector.
[[nodiscard]] inline StreamHook add_direction(Index layer, const parsae::Vector<float>& direction, double strength) {
  if (!std::isfinite(strength)) parsae::reject("steering strength", "a finite value", strength);
  const parsae::Vector<float> step = static_cast<float>(strength) * direction;
  return at_layer(layer, [step](Eigen::Ref<parsae::Matrix<float>> stream) {
    parsae::require_shape("steering direction", step.size(), 1, stream.rows(), 1);
    stream.colwise() += step;
  });
}

/// Sets the activation of a latent to `value` in every column behind block `layer`:
///
///     x += (value - f) * direction,    f = the latent's activation in x
///
/// What the SAE does not explain of x stays as it is. A value of 0 takes the latent away. Scaled units: value and f are
/// activations as encode() gives them. `sae` must outlive the hook, which several threads may call.
template <class Act>
[[nodiscard]] StreamHook clamp_latent(Index layer, const parsae::Autoencoder<Act>& sae, Index latent, double value) {
  parsae::require_not_negative("steering value", value);
  const parsae::Vector<float> direction = latent_direction(sae, latent);
  return at_layer(layer, [&sae, latent, value, direction](Eigen::Ref<parsae::Matrix<float>> stream) {
    parsae::require_shape("steering stream", stream.rows(), 1, sae.n_inputs(), 1);
    const parsae::SparseCode<float> code = sae.encode(stream, parsae::Threads(1));
    for (Index i = 0; i < stream.cols(); ++i) {
      float activation = 0;
      for (Index e = code.begin_of(i); e < code.begin_of(i + 1); ++e)
        if (code.latents[e] == latent) activation = code.values[e];
      stream.col(i) += (static_cast<float>(value) - activation) * direction;
    }
  });
}

}  // namespace parsae_examples
