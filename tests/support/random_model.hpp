// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/autoencoder.hpp>

#include <support/random_matrix.hpp>

namespace parsae::test {

/// Standard normal weights and biases. An autoencoder (n_outputs = 0), or a transcoder.
template <class Act>
[[nodiscard]] Autoencoder<Act> random_model(const Act& rule, Index n_inputs, Index n_latents, Index n_outputs = 0) {
  using Scalar = typename Act::Scalar;
  Autoencoder<Act> model({.n_inputs = n_inputs,
                          .n_latents = n_latents,
                          .n_outputs = n_outputs,
                          .centering = n_outputs == 0 ? Centering::DecoderBias : Centering::None},
                         rule);
  model.encoder.w_enc = random_matrix<Scalar>(n_inputs, n_latents, 1);
  model.encoder.b_enc = random_vector<Scalar>(n_latents, 2);
  model.decoder.w_dec = random_matrix<Scalar>(model.n_outputs(), n_latents, 3);
  model.decoder.b_dec = random_vector<Scalar>(model.n_outputs(), 4);
  return model;
}

}  // namespace parsae::test
